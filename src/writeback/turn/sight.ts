import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { Attributes } from '../../domain/attributes.ts';
import { findParticipant, hasLeft, type Conversation } from '../../domain/conversation.ts';
import type { Digester } from '../proof/digest.ts';
import type { EvidenceEvent, ProofEvent } from '../proof/event.ts';
import { runningFlows } from '../proof/flow-list.ts';

/** How a conversation or a set of attributes came to be seen. */
export type Sight =
  /**
   * Told by an event, at `at` of the platform's clock where it says so. An `old` one has waited
   * with its request: it tells who takes part, and nothing of what stands there now.
   */
  | { readonly source: 'event'; readonly at: number | undefined; readonly old?: boolean }
  /** Read by us, begun at `startedAt` of the entries' clock. A read proves absence too. */
  | { readonly source: 'read'; readonly startedAt: number };

/** What these attributes of the entry's participant say of its key; an event says nothing of keys it lacks. */
export function toEvidence(
  entry: AttributeEntry,
  attributes: Attributes,
  parts: { readonly sight: Sight; readonly digest: Digester },
): EvidenceEvent | undefined {
  const { sight, digest } = parts;
  const value = attributes.get(entry.key);
  if (sight.source === 'event') {
    if (value === undefined) return undefined;
    const seen = digest(entry.participantId, entry.key, value);
    return { kind: 'evidence', source: 'event', digest: seen, at: sight.at };
  }
  return {
    kind: 'evidence',
    source: 'read',
    digest: value === undefined ? null : digest(entry.participantId, entry.key, value),
    startedAt: sight.startedAt,
  };
}

/** What a whole conversation says of an entry. Secure attributes are not in it. */
export function toConversationEvidence(
  entry: AttributeEntry,
  conversation: Conversation,
  parts: { readonly sight: Sight; readonly digest: Digester },
): EvidenceEvent | undefined {
  if (entry.target === 'secure') return undefined;
  const participant = findParticipant(conversation, entry.participantId);
  if (participant === undefined && parts.sight.source === 'event') return undefined;
  const evidence = toEvidence(entry, participant?.attributes ?? new Map<string, string>(), parts);
  if (evidence === undefined || evidence.source === 'event') return evidence;
  const elsewhere = conversation.participants.some((other) => {
    const value = other.attributes.get(entry.key);
    const isOther = other.id !== entry.participantId && value !== undefined;
    return isOther && parts.digest(entry.participantId, entry.key, value) === entry.wanted;
  });
  return elsewhere ? { ...evidence, elsewhere } : evidence;
}

/** Whether the voice flow of an incoming call is running: its `ivr` participant is still there. */
export function isFlowRunning(conversation: Conversation): boolean {
  return conversation.participants.some(
    (participant) =>
      participant.purpose === 'ivr' &&
      !hasLeft(participant) &&
      participant.communications.some((leg) => leg.media === 'voice'),
  );
}

/** What a conversation says about flows to an entry that may be waiting for one to end. */
export function toFlowEvent(
  entry: AttributeEntry,
  conversation: Conversation,
  sight: Sight,
): ProofEvent {
  const at = sight.source === 'event' ? sight.at : undefined;
  if (isFlowRunning(conversation)) return { kind: 'flow-started', at };
  // A flow that an event named is ended by an event: it may be one that has no participant.
  return runningFlows(entry).some(({ id }) => id === undefined)
    ? { kind: 'flow-ended', at }
    : { kind: 'no-flow' };
}
