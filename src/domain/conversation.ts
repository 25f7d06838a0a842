import { NO_ATTRIBUTES, type Attributes } from './attributes.ts';
import type { ConversationId, ParticipantId } from './ids.ts';

/** The platform's media, as we tell them apart; what it adds later is `other`. */
export type MediaType = 'voice' | 'message' | 'callback' | 'email' | 'chat' | 'other';

/** One media leg of a participant. */
export interface Communication {
  readonly id: string;
  readonly media: MediaType;
  /** The platform's word: `alerting`, `connected`, `disconnected`, `terminated`, … (open set). */
  readonly state: string;
  readonly direction: 'inbound' | 'outbound' | undefined;
  /** This participant's own address on the leg, as the platform wrote it (`tel:+1…`, `sip:…`, an e-mail, an opaque id). */
  readonly address: string | undefined;
  /** Numbers to call back; callbacks only. */
  readonly callbackNumbers: readonly string[];
  /** `webmessaging`, `open`, `sms`, …; messages only. */
  readonly messageType: string | undefined;
  readonly disconnectType: string | undefined;
}

export interface Participant {
  readonly id: ParticipantId;
  /** Why they are there: `customer`, `external`, `agent`, `user`, `acd`, `ivr`, … (open set). */
  readonly purpose: string;
  readonly userId: string | undefined;
  readonly queueId: string | undefined;
  readonly externalContactId: string | undefined;
  /** Set on a participant that a consult brought in: the participant who is consulting. */
  readonly consultParticipantId: string | undefined;
  readonly address: string | undefined;
  readonly ani: string | undefined;
  readonly dnis: string | undefined;
  readonly name: string | undefined;
  /** Epoch milliseconds. */
  readonly startedAt: number | undefined;
  readonly connectedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly attributes: Attributes;
  readonly communications: readonly Communication[];
}

/** A participant of whom nothing else is known. */
export function bareParticipant(id: ParticipantId, purpose: string): Participant {
  return {
    id,
    purpose,
    userId: undefined,
    queueId: undefined,
    externalContactId: undefined,
    consultParticipantId: undefined,
    address: undefined,
    ani: undefined,
    dnis: undefined,
    name: undefined,
    startedAt: undefined,
    connectedAt: undefined,
    endedAt: undefined,
    attributes: NO_ATTRIBUTES,
    communications: [],
  };
}

export interface Conversation {
  readonly id: ConversationId;
  /** Epoch milliseconds. */
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  /** In the platform's order, which is the order of arrival. */
  readonly participants: readonly Participant[];
  /** Attributes of the conversation itself, where an answer has them: no flow and no agent reads them. */
  readonly outside?: Attributes | undefined;
}

const OVER: ReadonlySet<string> = new Set(['disconnected', 'terminated']);

/** Whether this participant has left. */
export function hasLeft(participant: Participant): boolean {
  if (participant.endedAt !== undefined) return true;
  const legs = participant.communications;
  return legs.length > 0 && legs.every((leg) => OVER.has(leg.state));
}

/** Whether the conversation is over: it says so, or everybody has left. */
export function hasEnded(conversation: Conversation): boolean {
  if (conversation.endedAt !== undefined) return true;
  return conversation.participants.length > 0 && conversation.participants.every(hasLeft);
}

export function findParticipant(
  conversation: Conversation,
  id: ParticipantId,
): Participant | undefined {
  return conversation.participants.find((participant) => participant.id === id);
}

/** The medium of the first leg that has one; a conversation may carry several. */
export function mediaOf(conversation: Conversation): MediaType | undefined {
  for (const participant of conversation.participants) {
    const media = participant.communications[0]?.media;
    if (media !== undefined) return media;
  }
  return undefined;
}
