import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import {
  findParticipant,
  hasEnded,
  hasLeft,
  type Conversation,
} from '../../domain/conversation.ts';
import type { Observation } from '../../domain/observation.ts';
import type { Digester } from '../proof/digest.ts';
import type { ProofEvent } from '../proof/event.ts';
import { toConversationEvidence, toEvidence, toFlowEvent } from './sight.ts';

export type ToEvent = (entry: AttributeEntry) => ProofEvent | undefined;

/**
 * What an observation tells each entry, in the order in which it is to be told: the end before
 * values, since a value that is seen at the end was not visible in time.
 */
export function eventsOf(observation: Observation, digest: Digester): readonly ToEvent[] {
  const { eventAt: at } = observation;
  const sight = { source: 'event', at } as const;
  const blank = (entry: AttributeEntry): string => digest(entry.participantId, entry.key, '');
  switch (observation.kind) {
    case 'attributes':
      return [
        (entry) =>
          entry.participantId === observation.participantId && entry.target === 'attributes'
            ? toEvidence(entry, observation.attributes, { sight, digest })
            : undefined,
      ];
    case 'conversation':
      return [
        ...(hasEnded(observation.conversation)
          ? [(entry: AttributeEntry) => ({ kind: 'ended', blank: blank(entry) }) as const]
          : []),
        (entry) => toFlowEvent(entry, observation.conversation, sight),
        (entry) => toConversationEvidence(entry, observation.conversation, { sight, digest }),
        (entry) =>
          entry.wipe && isGone(entry, observation.conversation)
            ? { kind: 'wipe', blank: blank(entry) }
            : undefined,
      ];
    case 'customer-left':
      return [
        (entry) =>
          entry.participantId === observation.participantId
            ? { kind: 'wipe', blank: blank(entry) }
            : undefined,
      ];
    case 'flow-started':
    case 'flow-ended': {
      if (!isVoiceFlow(observation.flowType)) return [];
      const { kind, flowId } = observation;
      return [() => ({ kind, flowId, at })];
    }
    case 'ended':
      return [(entry) => ({ kind: 'ended', blank: blank(entry) })];
  }
}

function isGone(entry: AttributeEntry, conversation: Conversation): boolean {
  const participant = findParticipant(conversation, entry.participantId);
  return participant !== undefined && hasLeft(participant);
}

/** Flow types that keep a copy of the attributes; a type that was not told may be one. */
const VOICE_FLOWS: ReadonlySet<string> = new Set([
  'INBOUNDCALL',
  'INQUEUECALL',
  'OUTBOUNDCALL',
  'SECURECALL',
  'VOICE',
  'VOICEMAIL',
  'VOICESURVEY',
]);

function isVoiceFlow(flowType: string | undefined): boolean {
  return flowType === undefined || VOICE_FLOWS.has(flowType.toUpperCase());
}
