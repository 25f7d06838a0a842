import { pageOf } from '../http/page.ts';
import { conversationNotFound, invalidValue, participantNotFound } from '../http/errors.ts';
import {
  accepted,
  any,
  noContent,
  ok,
  param,
  type Call,
  type Permissions,
  type Route,
} from '../http/route.ts';
import {
  MEDIA,
  type ConversationState,
  type Media,
  type ParticipantState,
} from '../world/model.ts';
import type { World } from '../world/world.ts';
import { parseAttributesBody, type AttributeSettings, type AttributeWriter } from './attributes.ts';
import { endConversation } from './end.ts';
import { nullAttributes } from './errors.ts';
import { applyMediaRequest, parseMediaRequest } from './media-request.ts';
import { viewMediaConversation } from './views/media-view.ts';
import { viewConversation } from './views/conversation-view.ts';

export interface ConversationRouteParts {
  readonly world: World;
  readonly writer: AttributeWriter;
  readonly attributes: () => AttributeSettings;
}

const SCOPE = 'conversations';
const READ_SCOPE = 'conversations:readonly';
const UPDATE = any(
  'conversation:participant:wrapup',
  'conversation:call:record',
  'conversation:communication:disconnect',
);
const NO_CONVERSATION = 'conversation.error.conversation.not.found';
const NO_PARTICIPANT = 'conversation.error.participant.not.found';
const DISCONNECT = any('conversation:communication:disconnect');

/** Conversations: reading, participants, attributes, ending. */
export function conversationRoutes(parts: ConversationRouteParts): Route[] {
  return [
    ownRoute(parts.world),
    ...genericRoutes(parts),
    ...MEDIA.flatMap((media) => mediaRoutes(parts, media)),
  ];
}

function genericRoutes(parts: ConversationRouteParts): Route[] {
  const { world } = parts;
  const one = '/api/v2/conversations/{conversationId}';
  return [
    {
      method: 'GET',
      path: one,
      scope: READ_SCOPE,
      permissions: any('conversation:communication:view'),
      handle: (call) => ok(viewConversation(world, findConversation(world, call))),
    },
    {
      method: 'DELETE',
      path: one,
      notFoundCodes: [NO_CONVERSATION],
      scope: SCOPE,
      permissions: DISCONNECT,
      context: 'user',
      handle: (call) => {
        endConversation(world, findConversation(world, call), 'system');
        return noContent();
      },
    },
    {
      method: 'POST',
      path: `${one}/disconnect`,
      notFoundCodes: [NO_CONVERSATION],
      scope: SCOPE,
      permissions: DISCONNECT,
      handle: (call) => {
        endConversation(world, findConversation(world, call), 'system');
        return accepted('');
      },
    },
    {
      method: 'PATCH',
      path: `${one}/participants/{participantId}`,
      scope: SCOPE,
      permissions: UPDATE,
      handle: (call) => {
        // The contract keeps this code on the generic path alone, as a leftover of a time with attributes.
        if (hasNullAttributes(call.body)) throw nullAttributes();
        return patchParticipant(world, call);
      },
    },
    attributesRoute(parts, one, 'bare'),
  ];
}

function mediaRoutes(parts: ConversationRouteParts, media: Media): Route[] {
  const { world } = parts;
  const one = `/api/v2/conversations/${media}/{conversationId}`;
  const refusesClients = media === 'calls';
  const end: Permissions =
    media === 'messages'
      ? any('conversation:communication:disconnect', 'conversation:message:park')
      : DISCONNECT;
  return [
    {
      method: 'GET',
      path: one,
      scope: READ_SCOPE,
      notFoundCodes: [NO_CONVERSATION],
      handle: (call) => ok(viewOfMedium(world, call, media)),
    },
    {
      method: 'PATCH',
      path: one,
      scope: SCOPE,
      permissions: end,
      notFoundCodes: media === 'calls' ? [NO_CONVERSATION] : [],
      context: refusesClients ? 'user' : undefined,
      handle: (call) => ok(patchConversation(world, call)),
    },
    {
      method: 'PATCH',
      path: `${one}/participants/{participantId}`,
      scope: SCOPE,
      permissions: UPDATE,
      notFoundCodes: refusesClients ? [NO_CONVERSATION] : [],
      context: refusesClients ? 'user' : undefined,
      handle: (call) => patchParticipant(world, call),
    },
    attributesRoute(parts, one, 'echo'),
    {
      method: 'GET',
      path: `/api/v2/conversations/${media}`,
      scope: READ_SCOPE,
      // Only the path of calls declares `not.a.user`; elsewhere an app simply has no conversations.
      context: media === 'calls' ? 'user' : undefined,
      handle: (call) => ok(listOwn(world, call, media)),
    },
  ];
}

/**
 * The medium in the path is not held against the conversation's: official samples mix them. The
 * per-media 202 declares a body, the generic one does not.
 */
function attributesRoute(parts: ConversationRouteParts, one: string, body: 'bare' | 'echo'): Route {
  return {
    method: 'PATCH',
    path: `${one}/participants/{participantId}/attributes`,
    scope: SCOPE,
    notFoundCodes: body === 'bare' ? [NO_PARTICIPANT] : [],
    handle: (call) => {
      const { conversation, participant } = findParticipant(parts.world, call);
      const attributes = parseAttributesBody(call.body, parts.attributes().values);
      parts.writer.write(conversation, participant, attributes);
      return accepted(body === 'echo' ? { attributes: Object.fromEntries(attributes) } : undefined);
    },
  };
}

/** A conversation that never had a leg of the medium is none of its kind. */
function viewOfMedium(world: World, call: Call, media: Media): unknown {
  const view = viewMediaConversation(findConversation(world, call), media);
  if (view.participants.length === 0) throw conversationNotFound();
  return view;
}

function patchConversation(world: World, call: Call): unknown {
  const conversation = findConversation(world, call);
  const state = stateOf(call.body);
  if (state !== 'disconnected') throw invalidValue(state, 'state', 'disconnected');
  endConversation(world, conversation, 'agent');
  return viewConversation(world, conversation);
}

function stateOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('state' in body)) return 'undefined';
  return String(body.state);
}

function patchParticipant(world: World, call: Call): ReturnType<typeof accepted> {
  const place = findParticipant(world, call);
  applyMediaRequest(world, place, parseMediaRequest(call.body));
  return accepted();
}

const hasNullAttributes = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'attributes' in body && body.attributes === null;

/** What a user is on, over all media; an app is on nothing. It finds conversations by events or analytics. */
function ownRoute(world: World): Route {
  return {
    method: 'GET',
    path: '/api/v2/conversations',
    scope: READ_SCOPE,
    handle: ({ token, query }) => {
      const own = ownOf(world, token.userId).map((found) => viewConversation(world, found));
      return ok(pageOf(own, query, '/api/v2/conversations'));
    },
  };
}

/** The live conversations that a user is on. */
function ownOf(world: World, userId: string | undefined): ConversationState[] {
  return [...world.conversations.values()].filter(
    ({ endedAt, participants }) =>
      userId !== undefined &&
      endedAt === undefined &&
      participants.some((p) => p.userId === userId && p.endedAt === undefined),
  );
}

function listOwn(world: World, { token }: Call, media: Media): unknown {
  const own = ownOf(world, token.userId).filter((found) => found.media === media);
  return {
    entities: own.map((conversation) => viewMediaConversation(conversation, media)),
    pageSize: own.length,
    pageNumber: 1,
    total: own.length,
    pageCount: 1,
  };
}

export function findConversation(world: World, call: Call): ConversationState {
  const conversation = world.conversations.get(param(call, 'conversationId'));
  if (conversation === undefined) throw conversationNotFound();
  return conversation;
}

function findParticipant(
  world: World,
  call: Call,
): { readonly conversation: ConversationState; readonly participant: ParticipantState } {
  const conversation = findConversation(world, call);
  const id = param(call, 'participantId');
  const participant = conversation.participants.find((p) => p.id === id);
  if (participant === undefined) throw participantNotFound();
  return { conversation, participant };
}
