import type { Conversation } from '../domain/conversation.ts';
import type { TraceId } from '../domain/ids.ts';
import { keyFor, type Identifications } from './customer/identify-sources.ts';
import type { LookupAnswer } from '../lookup/lookup.ts';
import type { Lookups } from '../lookup/lookups.ts';

/** One answer for each source that was asked, in the order of the configuration. */
export type SourceAnswers = ReadonlyMap<string, LookupAnswer>;

export interface LookUpInput {
  readonly conversation: Conversation;
  readonly traceId: TraceId;
  readonly signal: AbortSignal;
}

export interface LookUpDeps {
  readonly plan: { readonly sources: readonly string[] };
  readonly lookup: Lookups['lookup'];
  readonly asksByKey?: ((source: string) => boolean) | undefined;
}

/** Asks every source that the mapping reads, at once. A source that needs a key is left out when there is none. */
export async function lookUpAll(
  input: LookUpInput,
  identifications: Identifications,
  { plan, lookup, asksByKey = () => true }: LookUpDeps,
): Promise<SourceAnswers> {
  const keyOf = (source: string) => keyFor(source, identifications);
  const asked = plan.sources.filter(
    (source) => keyOf(source).key !== undefined || !asksByKey(source),
  );
  const answers = await Promise.all(
    asked.map((source) =>
      lookup({
        source,
        key: keyOf(source).key,
        keyKind: keyOf(source).keyKind,
        conversationId: input.conversation.id,
        traceId: input.traceId,
        signal: input.signal,
      }),
    ),
  );
  return new Map(answers.map((answer, i) => [asked[i] ?? answer.source, answer]));
}
