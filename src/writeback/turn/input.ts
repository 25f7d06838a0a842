import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { AttributeClass } from '../../domain/attributes.ts';
import type { Conversation } from '../../domain/conversation.ts';
import type { ConversationId, ParticipantId } from '../../domain/ids.ts';
import type { Observation } from '../../domain/observation.ts';
import type { KeyVerdict } from '../../domain/outcome.ts';
import type { Lane } from '../../domain/request.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { WriteConfig } from '../options.ts';
import type { PlatformPort } from '../platform-port.ts';
import type { Digester } from '../proof/digest.ts';
import type { ValueMemory } from '../value-memory.ts';
import type { Effects } from './effects.ts';
import type { Sight } from './sight.ts';

export interface WantedValue {
  /** `null` removes the key, in the way that `onRemove` says. */
  readonly value: string | null;
  /** `secret` goes to the conversation's secure attributes. */
  readonly class: AttributeClass;
  /** Empty it again when the customer leaves. */
  readonly wipe: boolean;
}

/** What is wanted on one participant. */
export interface WriteTarget {
  readonly participantId: ParticipantId;
  readonly wanted: ReadonlyMap<string, WantedValue>;
  /** Somebody named this participant; it need not be the one that Architect reads. */
  readonly isChosen?: boolean | undefined;
}

export interface WritebackInput {
  readonly conversationId: ConversationId;
  /** The conversation as this turn knows it, and how. Spares a read. */
  readonly seen?: { readonly conversation: Conversation; readonly sight: Sight } | undefined;
  /** The customer, as resolved; undefined when there is none or nobody looked. */
  readonly customerId?: ParticipantId | undefined;
  /** Usually one; several when a request names several participants. */
  readonly targets: readonly WriteTarget[];
  /** Whether a request asks for this. A turn that only proves and guards says no. */
  readonly asked: boolean;
  /** Everything the ledger knows of this conversation. */
  readonly entries: readonly AttributeEntry[];
  /** The enrichment whose verdicts these are. */
  readonly turn: string;
  readonly lane: Lane;
  /** A subscribed topic carries this conversation's attributes: reading can wait. */
  readonly covered: boolean;
  /**
   * An earlier turn may have written and not settled (a second attempt, or a takeover): the
   * conversation is read before anything is written.
   */
  readonly lookFirst?: { readonly earlierTurnAt: number | undefined } | undefined;
  /** Give up planned keys whose value nobody knows; said by the call after the lookup. */
  readonly forgoUnknown?: boolean | undefined;
  /** Empty the marked keys: a request asked for it, or the customer left. */
  readonly wipe?: boolean | undefined;
  /** The conversation is known to have ended. */
  readonly ended?: boolean | undefined;
}

export interface WritebackDeps {
  readonly port: PlatformPort;
  readonly config: WriteConfig;
  readonly clock: Clock;
  /** The clock of the ledger's instants, in epoch milliseconds. */
  readonly now: () => number;
  readonly digest: Digester;
  readonly values: ValueMemory;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly log: Log;
  /** Aborts when the turn must stop. */
  readonly signal: AbortSignal;
  /** Throws when the lease on this conversation is no longer sure; asked before each PATCH. */
  readonly assertHeld: () => void;
  /**
   * What was observed of this conversation since the turn began, each once. An event about a write
   * often comes before the turn that wrote is settled; without this it is lost, and a read is spent.
   * Observations that come after the last call are for `observe`, once the turn is settled.
   */
  readonly arrived?: (() => readonly Observation[]) | undefined;
  /** Which participant is the customer now. */
  readonly resolve: (conversation: Conversation) => ParticipantId | undefined;
}

export interface WritebackResult extends Effects {
  /** One per wanted key of this turn, in the order wanted. */
  readonly keyVerdicts: readonly KeyVerdict[];
  /**
   * Keys whose value must be looked up again, since only its digest is known here. Look them up and
   * call again with them as `wanted` and `asked: false`; keys that are not found, forgo.
   */
  readonly needsValues: readonly { readonly participantId: ParticipantId; readonly key: string }[];
  readonly ended: boolean;
  /** The conversation as it was last read, if it was. */
  readonly conversation: Conversation | undefined;
  readonly platformRequests: number;
  readonly proofRequests: number;
  /** The platform's ids of these requests, in the order of their answers. */
  readonly correlationIds: readonly string[];
}
