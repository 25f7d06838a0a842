import type { AttributeClass } from './attributes.ts';
import type { ConversationId, ParticipantId } from './ids.ts';
import type { AttributeState } from './outcome.ts';

/** HMAC-SHA-256 over participant, key and value under the installation's key; 22 characters of base64url. */
export type Digest = string;

/** Where a key is written: ordinary participant attributes, or the conversation's secure attributes. */
export type AttributeTarget = 'attributes' | 'secure';

/**
 * What Rapport knows of one key on one participant: the memory of proof and guard. It holds
 * digests only; no value of a customer is in it. Instants are epoch milliseconds of the store's clock.
 */
export interface AttributeEntry {
  readonly conversationId: ConversationId;
  readonly participantId: ParticipantId;
  readonly target: AttributeTarget;
  readonly key: string;
  readonly state: AttributeState;
  readonly class: AttributeClass;
  /** Whether the key is removed when the customer leaves. */
  readonly wipe: boolean;
  readonly wanted: Digest | undefined;
  /** What was there before our first write; undefined when the key was absent or not looked at. */
  readonly base: Digest | undefined;
  /** The last evidence, and when the platform says it was true. */
  readonly seen: Digest | undefined;
  readonly seenAt: number | undefined;
  /** The digests of our last 8 writes, oldest first. */
  readonly own: readonly Digest[];
  readonly writes: number;
  readonly rewrites: number;
  readonly sentAt: number | undefined;
  readonly acceptedAt: number | undefined;
  readonly provedAt: number | undefined;
  /** When this key wants attention without any event; the earliest one becomes the conversation's due time. */
  readonly deadlineAt: number | undefined;
  /** What the reducer must remember beside this; small, and free of values. */
  readonly note: Readonly<Record<string, string | number | boolean>>;
}
