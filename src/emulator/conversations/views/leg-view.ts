import { isLegOver } from '../state.ts';
import type { Leg, ParticipantState } from '../../world/model.ts';
import type {
  AddressShape,
  AfterCallWorkShape,
  LegShape,
  MessageDetailsShape,
  SegmentShape,
  WrapupShape,
} from './shapes.ts';

export const iso = (atMs: number | undefined): string | undefined =>
  atMs === undefined ? undefined : new Date(atMs).toISOString();

export const isoOf = (atMs: number): string => new Date(atMs).toISOString();

/** `api`: what a GET shows. `event`: a topic's body, which lacks some members. */
export type Audience = 'api' | 'event';

export function viewLeg(participant: ParticipantState, leg: Leg, audience: Audience): LegShape {
  return {
    id: leg.id,
    state: leg.state,
    initialState: leg.initialState,
    direction: leg.direction,
    held: leg.held,
    provider: leg.provider,
    peerId: leg.peerId,
    segments: audience === 'api' ? segmentsOf(leg) : undefined,
    disconnectType: leg.disconnectType,
    startHoldTime: iso(leg.heldAt),
    startAlertingTime: audience === 'api' ? iso(leg.alertingAt) : undefined,
    connectedTime: iso(leg.connectedAt),
    disconnectedTime: iso(leg.disconnectedAt),
    wrapup: viewWrapup(participant, audience),
    afterCallWork: afterCallWorkOf(participant),
    afterCallWorkRequired: participant.wrapupRequired,
    ...viewMediaOf(participant, leg),
  };
}

/** The members that only one medium has. */
export function viewMediaOf(participant: ParticipantState, leg: Leg): Partial<LegShape> {
  switch (leg.media) {
    case 'calls':
      return {
        recording: leg.recording,
        recordingState: recordingStateOf(leg),
        muted: leg.muted,
        confined: leg.confined,
        securePause: false,
        self: addressOf(ownAddress(participant, leg), participant.name),
        other: addressOf(otherAddress(participant, leg)),
      };
    case 'messages':
      return {
        type: leg.messageType,
        fromAddress: addressOf(leg.fromAddress),
        toAddress: addressOf(leg.toAddress),
        messages: viewMessages(leg),
      };
    case 'callbacks':
      return {
        callbackNumbers: leg.callbackNumbers,
        callbackUserName: leg.callbackUserName,
        callbackScheduledTime: iso(leg.callbackScheduledAt),
      };
    case 'emails':
      return {
        subject: leg.subject,
        messagesSent: leg.messages.filter((message) => message.status === 'sent').length,
      };
  }
}

export const recordingStateOf = (leg: Leg): 'active' | 'none' =>
  leg.recording ? 'active' : 'none';

export function viewMessages(leg: Leg): MessageDetailsShape[] {
  return leg.messages.map((message) => ({
    messageId: message.id,
    messageTime: isoOf(message.at),
    messageStatus: message.status,
    messageSegmentCount: 1,
  }));
}

export function viewWrapup(
  participant: ParticipantState,
  audience: Audience,
): WrapupShape | undefined {
  const { wrapup } = participant;
  if (wrapup === undefined) return undefined;
  const { code, name, notes, endTime } = wrapup;
  return audience === 'api' ? { code, name, notes, endTime } : { code, notes, endTime };
}

function afterCallWorkOf(participant: ParticipantState): AfterCallWorkShape | undefined {
  if (participant.acwAt === undefined) return undefined;
  return {
    state: participant.wrapup === undefined ? 'pending' : 'complete',
    startTime: iso(participant.acwAt),
    endTime: participant.wrapup?.endTime,
  };
}

/** Segments are history: one per finished leg, as far as the emulator tells them apart. */
function segmentsOf(leg: Leg): SegmentShape[] {
  if (!isLegOver(leg) || leg.disconnectedAt === undefined) return [];
  return [
    {
      startTime: isoOf(leg.startedAt),
      endTime: isoOf(leg.disconnectedAt),
      type: leg.connectedAt === undefined ? 'Alert' : 'Interact',
      howEnded: 'Disconnect',
      disconnectType: leg.disconnectType ?? 'other',
    },
  ];
}

const ownAddress = (participant: ParticipantState, leg: Leg): string | undefined =>
  isFarEnd(participant) ? participant.address : leg.toAddress;

const otherAddress = (participant: ParticipantState, leg: Leg): string | undefined =>
  isFarEnd(participant) ? otherThan(participant.address, leg) : leg.fromAddress;

const isFarEnd = (participant: ParticipantState): boolean =>
  participant.purpose === 'customer' || participant.purpose === 'external';

const otherThan = (address: string | undefined, leg: Leg): string | undefined =>
  leg.fromAddress === address ? leg.toAddress : leg.fromAddress;

export function addressOf(address: string | undefined, name?: string): AddressShape | undefined {
  if (address === undefined) return undefined;
  return {
    name,
    nameRaw: name,
    addressNormalized: address,
    addressRaw: address,
    addressDisplayable: address.replace(/^(tel|sip):/, ''),
  };
}
