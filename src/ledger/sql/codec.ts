import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { Attributes } from '../../domain/attributes.ts';
import type { Conversation, Participant } from '../../domain/conversation.ts';
import type { ConversationId, EnrichmentId, ParticipantId, TraceId } from '../../domain/ids.ts';
import { LANES, type Lane, type RequestBody, type RequestKind } from '../../domain/request.ts';
import type { ClaimedRequest } from '../turn.ts';
import type { SqlRow, SqlValue } from './statement.ts';

/*
 * Rows to words and back. The casts stand on one ground: only this file writes these columns, from
 * values of these very types, so what is read back has the shape that was written.
 */

export const laneNumber = (lane: Lane): number => LANES.indexOf(lane);
export const laneOf = (value: SqlValue | undefined): Lane => LANES[Number(value)] ?? 'backfill';

export function textOf(row: SqlRow, column: string): string {
  const value = row[column];
  return value === null || value === undefined ? '' : String(value);
}

export function maybeText(row: SqlRow, column: string): string | undefined {
  const value = row[column];
  return value === null || value === undefined ? undefined : String(value);
}

export const numberOf = (row: SqlRow, column: string): number => Number(row[column] ?? 0);

export function maybeNumber(row: SqlRow, column: string): number | undefined {
  const value = row[column];
  return value === null || value === undefined ? undefined : Number(value);
}

/** PostgreSQL's text cannot hold U+0000; JSON may, as an escape, so it is stored as one. */
export const toJson = (value: unknown): string => JSON.stringify(value ?? null);
export const fromJson = <T>(text: string): T => JSON.parse(text) as T;

type Pairs = readonly (readonly [string, string])[];
type StoredParticipant = Omit<Participant, 'attributes'> & { readonly attributes: Pairs };
type StoredConversation = Omit<Conversation, 'participants'> & {
  readonly participants: readonly StoredParticipant[];
};
type StoredBody = Omit<RequestBody, 'attributes' | 'conversation'> & {
  readonly attributes?: Pairs | undefined;
  readonly conversation?: StoredConversation | undefined;
};

const pairsOf = (attributes: Attributes): Pairs => [...attributes];

/** Attribute maps are stored as pairs, so that a key like `__proto__` stays a key. */
export function encodeBody(body: RequestBody): string {
  const { attributes, conversation, ...rest } = body;
  const stored: StoredBody = {
    ...rest,
    attributes: attributes === undefined ? undefined : pairsOf(attributes),
    conversation:
      conversation === undefined
        ? undefined
        : {
            ...conversation,
            participants: conversation.participants.map((participant) => ({
              ...participant,
              attributes: pairsOf(participant.attributes),
            })),
          },
  };
  return toJson(stored);
}

export function decodeBody(text: string | undefined): RequestBody {
  if (text === undefined) return {};
  const { attributes, conversation, ...rest } = fromJson<StoredBody>(text);
  return {
    ...rest,
    ...(attributes === undefined ? {} : { attributes: new Map(attributes) }),
    ...(conversation === undefined
      ? {}
      : {
          conversation: {
            ...conversation,
            participants: conversation.participants.map((participant) => ({
              ...participant,
              attributes: new Map(participant.attributes),
            })),
          },
        }),
  };
}

/** What is kept of a request for as long as its row is; its body goes once it is answered. */
export function requestFactsOf(row: SqlRow): Omit<ClaimedRequest, 'dedupeKey' | 'body'> {
  return {
    id: textOf(row, 'id') as EnrichmentId,
    conversationId: textOf(row, 'conversation_id') as ConversationId,
    kind: textOf(row, 'kind') as RequestKind,
    lane: laneOf(row['lane']),
    traceId: textOf(row, 'trace_id') as TraceId,
    arrival: numberOf(row, 'arrival'),
    receivedAt: numberOf(row, 'received_at'),
  };
}

export function requestOf(row: SqlRow): ClaimedRequest {
  return {
    ...requestFactsOf(row),
    dedupeKey: textOf(row, 'dedupe_key'),
    body: decodeBody(maybeText(row, 'body')),
  };
}

/** The members of an entry that no statement looks at. */
type EntryMemory = Omit<
  AttributeEntry,
  'conversationId' | 'participantId' | 'target' | 'key' | 'state' | 'class' | 'wipe' | 'deadlineAt'
>;

export function entryParams(entry: AttributeEntry): Readonly<Record<string, SqlValue>> {
  const memory: EntryMemory = {
    wanted: entry.wanted,
    base: entry.base,
    seen: entry.seen,
    seenAt: entry.seenAt,
    own: entry.own,
    writes: entry.writes,
    rewrites: entry.rewrites,
    sentAt: entry.sentAt,
    acceptedAt: entry.acceptedAt,
    provedAt: entry.provedAt,
    note: entry.note,
  };
  return {
    conversationId: entry.conversationId,
    participantId: entry.participantId,
    target: entry.target,
    key: entry.key,
    state: entry.state,
    class: entry.class,
    wipe: entry.wipe ? 1 : 0,
    deadlineAt: entry.deadlineAt ?? null,
    memory: toJson(memory),
  };
}

export function entryOf(row: SqlRow): AttributeEntry {
  const memory = fromJson<EntryMemory>(textOf(row, 'memory'));
  return {
    conversationId: textOf(row, 'conversation_id') as ConversationId,
    participantId: textOf(row, 'participant_id') as ParticipantId,
    target: textOf(row, 'target') as AttributeEntry['target'],
    key: textOf(row, 'key'),
    state: textOf(row, 'state') as AttributeEntry['state'],
    class: textOf(row, 'class') as AttributeEntry['class'],
    wipe: numberOf(row, 'wipe') === 1,
    deadlineAt: maybeNumber(row, 'deadline_at'),
    wanted: memory.wanted,
    base: memory.base,
    seen: memory.seen,
    seenAt: memory.seenAt,
    own: memory.own,
    writes: memory.writes,
    rewrites: memory.rewrites,
    sentAt: memory.sentAt,
    acceptedAt: memory.acceptedAt,
    provedAt: memory.provedAt,
    note: memory.note,
  };
}
