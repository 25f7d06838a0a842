import { mainLeg } from '../conversations/state.ts';
import { PlatformError } from '../http/platform-error.ts';
import type { ConversationState, ParticipantState } from '../world/model.ts';
import type { World } from '../world/world.ts';

type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Values that stay, and keys that go: `null`. */
export type TutorialChanges = ReadonlyMap<string, string | null>;

/** Reads `attributes` as the documents send it: any scalar becomes a text, anything deeper its JSON. */
export function parseChanges(body: unknown): TutorialChanges {
  const given = isFields(body) ? body['attributes'] : undefined;
  if (!isFields(given)) return new Map();
  return new Map(
    Object.entries(given)
      // Answers carry it, and what was read is sent back whole.
      .filter(([key]) => key !== CREATED)
      .map(([key, value]) => [key, toText(value)]),
  );
}

function toText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const CREATED = 'system.createdTimestamp';

/** A participant as the documents show it. */
export function viewTutorialParticipant(
  conversation: ConversationState,
  participant: ParticipantState,
): Fields {
  const { id, name, attributes, wrapup, startedAt } = participant;
  return {
    id,
    conversationId: conversation.id,
    participantId: id,
    name,
    email: mainLeg(participant)?.fromAddress,
    purpose: participant.purpose,
    role: roleOf(participant),
    attributes: {
      ...Object.fromEntries(attributes),
      [CREATED]: new Date(startedAt).toISOString(),
    },
    wrapUpCode: wrapup?.code ?? null,
    state: stateOf(participant),
    selfUri: `/api/v2/conversations/${conversation.id}/participants/${id}`,
  };
}

export const roleOf = ({ purpose }: ParticipantState): string =>
  purpose === 'external' ? 'customer' : purpose;

export const stateOf = (participant: ParticipantState): string =>
  participant.endedAt === undefined ? (mainLeg(participant)?.state ?? 'connected') : 'terminated';

/** Puts the map in the place of the participant's, at once: the documents read it back immediately. */
export function replaceAttributes(
  world: World,
  place: { readonly conversation: ConversationState; readonly participant: ParticipantState },
  attributes: ReadonlyMap<string, string>,
): void {
  const { conversation, participant } = place;
  participant.attributes = new Map(attributes);
  world.publish({
    kind: 'detail',
    detail: 'attributes',
    conversation,
    participant,
    leg: mainLeg(participant),
    changed: attributes,
  });
  world.publish({ kind: 'conversation', conversation });
}

/** The changes merged into what is there; `null` takes a key away. */
export function mergeChanges(
  present: ReadonlyMap<string, string>,
  changes: TutorialChanges,
): ReadonlyMap<string, string> {
  const merged = new Map(present);
  for (const [key, value] of changes) {
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  }
  return merged;
}

export const conflict = (message: string): PlatformError =>
  new PlatformError({ status: 409, code: 'request.conflict', message });

/** The documents' 409: what has ended takes no changes. */
export function assertLive(conversation: ConversationState, participant?: ParticipantState): void {
  if (conversation.endedAt === undefined && participant?.endedAt === undefined) return;
  throw conflict('The conversation or participant is in a terminal state.');
}
