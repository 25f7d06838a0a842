import type { AttributeEntry, AttributeTarget, Digest } from '../../domain/attribute-entry.ts';
import type { AttributeClass } from '../../domain/attributes.ts';
import type { ConversationId, ParticipantId } from '../../domain/ids.ts';
import type { AttributeState } from '../../domain/outcome.ts';
import type { ProofSettings } from './settings.ts';

/** Where an entry lives; an entry that does not exist yet has nothing else. */
export interface EntryId {
  readonly conversationId: ConversationId;
  readonly participantId: ParticipantId;
  readonly target: AttributeTarget;
  readonly key: string;
}

/** Who put another value over ours, as far as it can be told. */
export type Overwriter = 'flow' | 'agent' | 'other' | 'unknown';

export interface WantEvent {
  readonly kind: 'want';
  readonly id: EntryId;
  readonly digest: Digest;
  readonly class: AttributeClass;
  /** Remove the key when the customer leaves. */
  readonly wipe: boolean;
  /** The value is "gone": an empty text and an absent key prove it alike. */
  readonly removal?: boolean | undefined;
  /** A request asks for it. Without that, a key that others hold is not taken back. */
  readonly asked: boolean;
  /** What the participant held just now; `null` is absent, undefined is not looked at. */
  readonly current?: Digest | null | undefined;
  /** The enrichment that waits for this key's verdict. */
  readonly turn: string;
  /** A subscribed topic carries the attributes of this conversation, so that reads can wait. */
  readonly covered: boolean;
  /** Somebody chose a participant that Architect does not read. */
  readonly aside?: boolean | undefined;
  /** A voice flow is running that may hold an older copy of the attributes; undefined is not known. */
  readonly flowRunning?: boolean | undefined;
  /** What we wrote there for others: a secure attribute outlives the customer it was written for. */
  readonly earlier?: readonly Digest[] | undefined;
  /** An earlier turn may have written it and not lived to say so: what stands there counts as ours. */
  readonly presumeOurs?: boolean | undefined;
}

/** What the answer to a PATCH says about the write. */
export type WriteAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string }
  | { readonly kind: 'no-participant' }
  | { readonly kind: 'no-conversation' }
  /** It never left: by then the conversation had ended. */
  | { readonly kind: 'withheld' }
  /** To be read before it is repeated: 408, 409, 429, 5xx, time-out, reset, crash. */
  | {
      readonly kind: 'unknown';
      readonly reason: string;
      readonly retryAfterMs?: number;
      /** It was turned away (409, 429): nothing of it can show. */
      readonly untaken?: boolean;
    };

export interface EvidenceEvent {
  readonly kind: 'evidence';
  readonly source: 'event' | 'read';
  /** The digest of what stands there; `null` is absent, which only a read can tell. */
  readonly digest: Digest | null;
  /** When it was true, in epoch milliseconds of the platform's clock; events only. */
  readonly at?: number | undefined;
  /** When the read was begun, by the clock of `now`; reads only. */
  readonly startedAt?: number | undefined;
  /** Who wrote it, where that is known. */
  readonly by?: 'agent' | 'other' | undefined;
  /** The wanted value stands on another participant that we have written to. */
  readonly elsewhere?: boolean | undefined;
}

export type ProofEvent =
  | WantEvent
  /** The PATCH that carries this key leaves. */
  | { readonly kind: 'leave' }
  /** The answer to write number `write` of this entry. */
  | { readonly kind: 'answer'; readonly write: number; readonly answer: WriteAnswer }
  | EvidenceEvent
  /** What was observed up to now may have gone with a turn that did not live to say so. */
  | { readonly kind: 'unheard' }
  /** A read that was asked for could not be made. */
  | { readonly kind: 'read-failed'; readonly reason: string }
  | { readonly kind: 'deadline' }
  | FlowStartedEvent
  | FlowEndedEvent
  /** The conversation was seen, and no voice flow runs in it. */
  | { readonly kind: 'no-flow' }
  /** The resolver names another participant, or nobody. */
  | { readonly kind: 'customer-changed'; readonly to: ParticipantId | undefined }
  /** A secure attribute, which is the conversation's, is wanted for whoever is the customer now. */
  | { readonly kind: 'handed-over' }
  /** The customer left, or a wipe was asked for; `blank` is the digest of the empty text here. */
  | { readonly kind: 'wipe'; readonly blank: Digest }
  | { readonly kind: 'ended'; readonly blank: Digest }
  /** The platform does not know the conversation any more. */
  | { readonly kind: 'gone' }
  /** Nobody can say the wanted value any more, so that it cannot be sent. */
  | { readonly kind: 'forgone'; readonly reason: string };

export interface FlowStartedEvent {
  readonly kind: 'flow-started';
  readonly flowId?: string | undefined;
  readonly at?: number | undefined;
  /** It is known to have begun before our write, however late we hear of it. */
  readonly older?: boolean | undefined;
}

export interface FlowEndedEvent {
  readonly kind: 'flow-ended';
  readonly flowId?: string | undefined;
  readonly at?: number | undefined;
}

export type AlertReason =
  | 'overwritten'
  | 'rewrites-spent'
  | 'theirs-remains'
  | 'wipe-failed'
  | 'refused';

/** What the turn is asked to do. The next instant of attention is the entry's `deadlineAt`. */
export type ProofAction =
  /** Send the wanted value with the next PATCH of this participant. */
  | { readonly kind: 'patch' }
  /** Read the conversation; one read serves every entry. */
  | { readonly kind: 'read' }
  /** Find the customer again: the participant is gone. */
  | { readonly kind: 'resolve' }
  /** Want the same value on the participant who is the customer now. */
  | { readonly kind: 'move'; readonly to: ParticipantId }
  | { readonly kind: 'feed'; readonly state: AttributeState; readonly word?: string | undefined }
  | { readonly kind: 'outbox'; readonly type: 'overwritten' | 'wiped' | 'wipe-failed' }
  | { readonly kind: 'audit'; readonly action: string }
  | { readonly kind: 'alert'; readonly reason: AlertReason }
  /** Seen, counted, and of no consequence. */
  | { readonly kind: 'count'; readonly what: 'echo' | 'stale' | 'ignored' | 'refused-ended' };

export interface StepContext {
  /** Epoch milliseconds of the clock that the entries' instants are kept in. */
  readonly now: number;
  readonly settings: ProofSettings;
}

export interface Step {
  readonly entry: AttributeEntry;
  readonly actions: readonly ProofAction[];
}
