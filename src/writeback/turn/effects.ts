import type { AttributeEntry, Digest } from '../../domain/attribute-entry.ts';
import type { ParticipantId } from '../../domain/ids.ts';
import type { AttributeState, KeyVerdict } from '../../domain/outcome.ts';
import type { AlertReason } from '../proof/event.ts';

/** What a desktop or the console is told of one key; no value in it. */
export interface KeyFeedEvent {
  readonly kind: 'attribute';
  readonly participantId: ParticipantId;
  readonly key: string;
  readonly state: AttributeState;
  /** A word about it: who overwrote, why it was refused. */
  readonly word?: string | undefined;
}

/** A message for whoever collects results. Values are put in by who knows them, if anybody does. */
export interface KeyMessage {
  /**
   * - `enriched`: every key of the enrichment has a verdict.
   * - `overwritten`, `wiped`, `wipe-failed`: about keys that had one.
   */
  readonly type: 'enriched' | 'overwritten' | 'wiped' | 'wipe-failed';
  /** The enrichment that wanted these keys. */
  readonly turn: string;
  /** A verdict that was told before has changed, and will not change again. */
  readonly isCorrection: boolean;
  readonly keys: readonly KeyVerdict[];
}

export interface KeyAudit {
  readonly action: string;
  readonly participantId: ParticipantId;
  readonly key: string;
  /** What stands or is wanted there, by digest. */
  readonly digest: Digest | undefined;
}

export interface KeyAlert {
  readonly reason: AlertReason;
  readonly participantId: ParticipantId;
  readonly key: string;
  readonly by?: string | undefined;
}

/** What came of stepping entries: everything that a settle writes in one transaction. */
export interface Effects {
  /** Every entry of the conversation as it is now. */
  readonly entries: readonly AttributeEntry[];
  /** Those that differ from what was handed in. */
  readonly changed: readonly AttributeEntry[];
  readonly feed: readonly KeyFeedEvent[];
  readonly messages: readonly KeyMessage[];
  readonly audit: readonly KeyAudit[];
  readonly alerts: readonly KeyAlert[];
  /** When the next turn is due; undefined when nothing is waited for. Same clock as `now`. */
  readonly nextDueAt: number | undefined;
}
