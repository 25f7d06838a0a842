import type { ConversationId, ParticipantId, TraceId } from '../domain/ids.ts';
import type { Observation } from '../domain/observation.ts';
import type { EnrichmentRequest, RequestBody } from '../domain/request.ts';

/**
 * A request that still lacks what its acceptor gives it: an id, and a dedupe key when the inlet has
 * none of its own (the id then is the key, so that it is never a duplicate).
 */
export interface RequestDraft extends Omit<EnrichmentRequest, 'id' | 'traceId' | 'dedupeKey'> {
  readonly dedupeKey: string | undefined;
  readonly traceId: TraceId | undefined;
}

/** Why an event led to nothing. A closed list, so that it can label a counter. */
export type IgnoredReason =
  /** Not a JSON object, or an object that is neither frame, envelope nor request. */
  | 'unknown-form'
  /** A flat request that says something that it must not: whoever wrote it can mend it. */
  | 'bad-request'
  /** A frame or an envelope in which an id or a list is not what it must be. */
  | 'malformed'
  /** Heartbeats and other traffic of the channel itself. */
  | 'channel-traffic'
  /** A topic that tells Rapport nothing. */
  | 'other-topic'
  /** A detail event of a kind that asks for nothing here. */
  | 'other-event';

export interface Ignored {
  readonly kind: 'ignored';
  readonly reason: IgnoredReason;
  /** What exactly, for the one who sent it: names and codes, never values. */
  readonly detail: string;
}

export interface Taken {
  readonly kind: 'taken';
  readonly requests: readonly RequestDraft[];
  readonly observations: readonly Observation[];
}

export type Intake = Taken | Ignored;

/** A conversation that shows itself with a customer on it; whether it is new is for the memory to say. */
export interface Sighting {
  readonly conversationId: ConversationId;
  /** Undefined when the event names the conversation alone. */
  readonly customerId: ParticipantId | undefined;
  /** The queue or user through which it was seen, where the event tells. */
  readonly queueId: string | undefined;
  readonly userId: string | undefined;
  readonly body: RequestBody;
}

/** What one body says, before any memory is asked. */
export type ParsedEvent =
  | {
      readonly kind: 'seen';
      readonly sighting: Sighting | undefined;
      readonly observations: readonly Observation[];
      /** The envelope's own id, where it has one. */
      readonly eventId: string | undefined;
    }
  | { readonly kind: 'asked'; readonly request: RequestDraft }
  | Ignored;

export function ignored(reason: IgnoredReason, detail: string): Ignored {
  return { kind: 'ignored', reason, detail };
}
