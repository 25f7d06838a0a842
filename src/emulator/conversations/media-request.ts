import { invalidValue } from '../http/errors.ts';
import { fieldsOf, kindOf, type Fields } from '../http/fields.ts';
import type { ConversationState, Leg, ParticipantState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { removeParticipant } from './end.ts';
import {
  answerNotAlerting,
  callDisconnected,
  cannotConfine,
  holdAlerting,
  noActiveConversation,
  updateInvalid,
  wrapupCodeRequired,
} from './errors.ts';
import { publishConversation, publishDetail } from './publish.ts';
import { answer } from './routing.ts';
import { isActive, isLegOver, isStaff, mainLeg } from './state.ts';

/** `MediaParticipantRequest`. Members that it lacks, `attributes` among them, are not read at all. */
export interface MediaRequest {
  readonly state?: string | undefined;
  readonly held?: boolean | undefined;
  readonly muted?: boolean | undefined;
  readonly confined?: boolean | undefined;
  readonly recording?: boolean | undefined;
  readonly wrapup?:
    | { readonly code: string; readonly name: string; readonly notes?: string }
    | undefined;
}

export function parseMediaRequest(body: unknown): MediaRequest {
  const fields = fieldsOf(body);
  const { state } = fields;
  if (state !== undefined && typeof state !== 'string') {
    throw invalidValue(typeof state, 'state', 'a state of a communication');
  }
  return {
    state,
    held: flag(fields, 'held'),
    muted: flag(fields, 'muted'),
    confined: flag(fields, 'confined'),
    recording: flag(fields, 'recording'),
    wrapup: parseWrapup(fields['wrapup']),
  };
}

function flag(fields: Fields, name: string): boolean | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalidValue(kindOf(value), name, 'true, false');
}

function parseWrapup(value: unknown): MediaRequest['wrapup'] {
  if (value === undefined || value === null) return undefined;
  const { code, name, notes } = fieldsOf(value);
  if (typeof code !== 'string' || code === '') throw wrapupCodeRequired();
  return {
    code,
    name: typeof name === 'string' ? name : code,
    ...(typeof notes === 'string' ? { notes } : {}),
  };
}

/** Does what the request says to one participant. @throws {PlatformError} 400 when it cannot be done */
export function applyMediaRequest(
  world: World,
  place: { readonly conversation: ConversationState; readonly participant: ParticipantState },
  request: MediaRequest,
): void {
  const { conversation, participant } = place;
  if (request.wrapup !== undefined) wrapUp(world, place, request.wrapup);
  const leg = mainLeg(participant);
  const touchesLeg =
    request.held !== undefined ||
    request.muted !== undefined ||
    request.confined !== undefined ||
    request.recording !== undefined;
  if (touchesLeg) {
    if (leg === undefined || isLegOver(leg)) {
      throw request.recording === undefined ? noActiveConversation() : callDisconnected();
    }
    setFlags(world, participant, leg, request);
    publishConversation(world, conversation);
  }
  if (request.state !== undefined) setState(world, place, request.state);
}

function setFlags(
  world: World,
  participant: ParticipantState,
  leg: Leg,
  request: MediaRequest,
): void {
  if (request.held !== undefined) {
    if (leg.state === 'alerting') throw holdAlerting();
    leg.held = request.held;
    leg.heldAt = request.held ? world.now() : undefined;
  }
  if (request.confined !== undefined) {
    if (!isStaff(participant) && participant.purpose !== 'customer') throw cannotConfine();
    leg.confined = request.confined;
  }
  leg.muted = request.muted ?? leg.muted;
  leg.recording = request.recording ?? leg.recording;
}

function setState(
  world: World,
  place: { readonly conversation: ConversationState; readonly participant: ParticipantState },
  state: string,
): void {
  const { conversation, participant } = place;
  switch (state) {
    case 'disconnected':
    case 'terminated':
      if (isActive(participant)) removeParticipant(world, conversation, participant);
      return;
    case 'connected': {
      const leg = mainLeg(participant);
      if (leg === undefined || leg.state !== 'alerting') {
        if (leg?.state === 'connected') return;
        throw answerNotAlerting();
      }
      answer(world, conversation, participant);
      return;
    }
    default:
      throw updateInvalid();
  }
}

function wrapUp(
  world: World,
  place: { readonly conversation: ConversationState; readonly participant: ParticipantState },
  wrapup: NonNullable<MediaRequest['wrapup']>,
): void {
  const { conversation, participant } = place;
  participant.wrapup = { ...wrapup, endTime: new Date(world.now()).toISOString() };
  publishDetail(world, conversation, participant, 'wrapup');
  publishConversation(world, conversation);
}
