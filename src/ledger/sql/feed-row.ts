import type { ConversationId } from '../../domain/ids.ts';
import type { FeedEvent } from '../../domain/feed.ts';
import type { FeedDraft } from '../turn.ts';
import { fromJson, numberOf, textOf, toJson } from './codec.ts';
import type { SqlParams, SqlRow } from './statement.ts';

/*
 * The events of one commit share a row, which has the number of the last of them: a turn has about
 * seven events, and each row of its own would touch the table and two indexes.
 */

/** Kind of a row that has more than one event. No event is of this kind. */
const SEVERAL = 'several';

type Pair = readonly [kind: string, body: unknown];

export interface FeedRow extends SqlParams {
  readonly kind: string;
  readonly body: string;
}

/** Undefined when there is nothing to tell. */
export function feedRowOf(drafts: readonly FeedDraft[]): FeedRow | undefined {
  const [first, ...more] = drafts;
  if (first === undefined) return undefined;
  if (more.length === 0) return { kind: first.kind, body: toJson(first.body) };
  return { kind: SEVERAL, body: toJson(drafts.map(({ kind, body }): Pair => [kind, body])) };
}

/** The events of a row, in their order. */
export function feedEventsOf(row: SqlRow): readonly FeedEvent[] {
  const [kind, body] = [textOf(row, 'kind'), fromJson<unknown>(textOf(row, 'body'))];
  // Sound because only `feedRowOf` writes this kind.
  const pairs = kind === SEVERAL ? (body as readonly Pair[]) : [[kind, body] as const];
  const before = numberOf(row, 'n') - pairs.length;
  return pairs.map(([itsKind, itsBody], index) => ({
    conversationId: textOf(row, 'conversation_id') as ConversationId,
    n: before + index + 1,
    kind: itsKind,
    body: itsBody,
    at: numberOf(row, 'at'),
  }));
}
