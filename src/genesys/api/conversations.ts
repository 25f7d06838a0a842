import { toAttributeRecord, type Attributes } from '../../domain/attributes.ts';
import type { Conversation } from '../../domain/conversation.ts';
import { parseConversationId, type ConversationId, type ParticipantId } from '../../domain/ids.ts';
import { parseConversation } from '../../domain/parse-conversation.ts';
import { isRapportError } from '../../domain/errors.ts';
import { asFields, asText } from '../../domain/fields.ts';
import { unexpectedAnswer } from '../request/read-answer.ts';
import {
  apiPath,
  type CallOptions,
  type PlatformRequest,
  type Requester,
} from '../request/platform-request.ts';
import { expectFields } from './fields.ts';
import { MEDIA_PATHS, type PathMedia } from './media.ts';

export interface CallbackParts {
  readonly queueId: string;
  readonly callbackNumbers: readonly string[];
  readonly callbackUserName?: string | undefined;
  /** Become the customer's attributes. */
  readonly attributes?: Attributes | undefined;
}

export interface EmailParts {
  readonly queueId: string;
  readonly fromAddress: string;
  readonly toAddress?: string | undefined;
  readonly subject?: string | undefined;
  readonly text?: string | undefined;
  readonly attributes?: Attributes | undefined;
}

export interface OpenMessageParts {
  /** The open-messaging integration that takes it. */
  readonly integrationId: string;
  /** The sender's address, e-mail or opaque id. */
  readonly from: string;
  readonly fromIdType?: 'Email' | 'Phone' | 'Opaque' | undefined;
  readonly text: string;
  /** Unique per message: a repeated id is the same message. */
  readonly messageId: string;
  /** ISO 8601. */
  readonly sentAt: string;
  /** Become the customer's attributes under the same keys. */
  readonly attributes?: Attributes | undefined;
}

/** What an agent's part takes; attributes are not among it. */
export interface ParticipantChange {
  readonly state?: string | undefined;
  readonly wrapupCode?: string | undefined;
  readonly wrapupNotes?: string | undefined;
  readonly held?: boolean | undefined;
  readonly muted?: boolean | undefined;
}

/** Permissions in this file are those of the platform's API description of July 2026, read 2026-11-20. */
export interface ConversationsApi {
  /**
   * Reads a conversation with its participants and their attributes.
   *
   * Needs permission `conversation:communication:view`; scope `conversations` or `conversations:readonly`.
   */
  get(id: ConversationId, options?: CallOptions): Promise<Conversation>;
  /**
   * Reads it in the form of one medium: participants are flattened, and the end of the conversation
   * is told by theirs.
   *
   * Needs no permission; scope `conversations` or `conversations:readonly`.
   */
  getByMedia(media: PathMedia, id: ConversationId, options?: CallOptions): Promise<Conversation>;
  /**
   * Ends it for everybody.
   *
   * Needs permission `conversation:communication:disconnect` (for messages `conversation:message:park`
   * does too); scope `conversations`. For calls the
   * platform may refuse a service's token with 400 `not.a.user`; `tearDown` is the other way.
   */
  end(media: PathMedia, id: ConversationId, options?: CallOptions): Promise<void>;
  /** Tears the conversation down. Needs permission `conversation:communication:disconnect`; scope `conversations`. */
  tearDown(id: ConversationId, options?: CallOptions): Promise<void>;
  /**
   * Changes an agent's part: wrap-up, state.
   *
   * Needs any of `conversation:participant:wrapup`, `conversation:call:record`,
   * `conversation:communication:disconnect`; scope `conversations`.
   */
  updateParticipant(
    target: ParticipantTarget,
    change: ParticipantChange,
    options?: CallOptions,
  ): Promise<void>;
  /** Needs permission `conversation:callback:create`; scope `conversations`. Not safe to repeat. */
  createCallback(parts: CallbackParts, options?: CallOptions): Promise<ConversationId>;
  /** An inbound e-mail. Needs permission `conversation:email:create`; scope `conversations`. Not safe to repeat. */
  createEmail(parts: EmailParts, options?: CallOptions): Promise<ConversationId>;
  /**
   * A customer's message through an open-messaging integration; answers the conversation it went to,
   * where the platform says it.
   *
   * Needs permission `conversation:message:receive` and a client-credentials token (400 `not.a.client` otherwise).
   */
  receiveOpenMessage(
    parts: OpenMessageParts,
    options?: CallOptions,
  ): Promise<ConversationId | undefined>;
}

export interface ParticipantTarget {
  readonly conversationId: ConversationId;
  readonly participantId: ParticipantId;
  /** Path to use; the generic one without it. */
  readonly media?: PathMedia | undefined;
}

export function createConversationsApi(requester: Requester): ConversationsApi {
  const read = async (request: PlatformRequest, options?: CallOptions): Promise<Conversation> => {
    const answer = await requester.send(request, options);
    try {
      return parseConversation(answer.body);
    } catch (error) {
      if (!isRapportError(error)) throw error;
      throw unexpectedAnswer(request, `status ${answer.status} without a conversation`);
    }
  };
  const change = async (request: PlatformRequest, options?: CallOptions): Promise<void> => {
    await requester.send(request, options);
  };
  return {
    get: (id, options) => read(getRequest(id), options),
    getByMedia: (media, id, options) => read(getByMediaRequest(media, id), options),
    end: (media, id, options) => change(endRequest(media, id), options),
    tearDown: (id, options) => change(tearDownRequest(id), options),
    updateParticipant: (target, parts, options) =>
      change(participantRequest(target, parts), options),
    createCallback: (parts, options) => createCallback(requester, parts, options),
    createEmail: (parts, options) => createEmail(requester, parts, options),
    receiveOpenMessage: (parts, options) => receiveOpenMessage(requester, parts, options),
  };
}

const getRequest = (id: ConversationId): PlatformRequest => ({
  operation: 'getConversation',
  method: 'GET',
  path: apiPath`/api/v2/conversations/${id}`,
});

const getByMediaRequest = (media: PathMedia, id: ConversationId): PlatformRequest => ({
  operation: `getConversations${MEDIA_PATHS[media].singular}`,
  method: 'GET',
  path: apiPath`/api/v2/conversations/${MEDIA_PATHS[media].segment}/${id}`,
});

const endRequest = (media: PathMedia, id: ConversationId): PlatformRequest => ({
  operation: `patchConversations${MEDIA_PATHS[media].singular}`,
  method: 'PATCH',
  path: apiPath`/api/v2/conversations/${MEDIA_PATHS[media].segment}/${id}`,
  body: { state: 'disconnected' },
  isRepeatable: true,
});

const tearDownRequest = (id: ConversationId): PlatformRequest => ({
  operation: 'postConversationDisconnect',
  method: 'POST',
  path: apiPath`/api/v2/conversations/${id}/disconnect`,
  isRepeatable: true,
});

function participantRequest(target: ParticipantTarget, parts: ParticipantChange): PlatformRequest {
  const { conversationId, participantId, media } = target;
  const wrapup =
    parts.wrapupCode === undefined && parts.wrapupNotes === undefined
      ? undefined
      : { code: parts.wrapupCode, notes: parts.wrapupNotes };
  return {
    operation:
      media === undefined
        ? 'patchConversationParticipant'
        : `patchConversations${MEDIA_PATHS[media].singular}Participant`,
    method: 'PATCH',
    path:
      media === undefined
        ? apiPath`/api/v2/conversations/${conversationId}/participants/${participantId}`
        : apiPath`/api/v2/conversations/${MEDIA_PATHS[media].segment}/${conversationId}/participants/${participantId}`,
    body: { state: parts.state, held: parts.held, muted: parts.muted, wrapup },
    isRepeatable: true,
  };
}

async function createCallback(
  requester: Requester,
  parts: CallbackParts,
  options?: CallOptions,
): Promise<ConversationId> {
  const request: PlatformRequest = {
    operation: 'postConversationsCallbacks',
    method: 'POST',
    path: '/api/v2/conversations/callbacks',
    body: {
      queueId: parts.queueId,
      callbackNumbers: parts.callbackNumbers,
      callbackUserName: parts.callbackUserName,
      ...(parts.attributes === undefined ? {} : { data: toAttributeRecord(parts.attributes) }),
    },
  };
  const answer = await requester.send(request, options);
  const id = asText(asFields(expectFields(request, answer)['conversation'])?.['id']);
  if (id === undefined)
    throw unexpectedAnswer(request, `status ${answer.status} without conversation.id`);
  return parseConversationId(id);
}

async function createEmail(
  requester: Requester,
  parts: EmailParts,
  options?: CallOptions,
): Promise<ConversationId> {
  const request: PlatformRequest = {
    operation: 'postConversationsEmails',
    method: 'POST',
    path: '/api/v2/conversations/emails',
    body: {
      queueId: parts.queueId,
      provider: 'PureCloud Email',
      direction: 'INBOUND',
      fromAddress: parts.fromAddress,
      toAddress: parts.toAddress,
      subject: parts.subject,
      textBody: parts.text,
      ...(parts.attributes === undefined
        ? {}
        : { attributes: toAttributeRecord(parts.attributes) }),
    },
  };
  const answer = await requester.send(request, options);
  const id = asText(expectFields(request, answer)['id']);
  if (id === undefined) throw unexpectedAnswer(request, `status ${answer.status} without id`);
  return parseConversationId(id);
}

async function receiveOpenMessage(
  requester: Requester,
  parts: OpenMessageParts,
  options?: CallOptions,
): Promise<ConversationId | undefined> {
  const request: PlatformRequest = {
    operation: 'postConversationsMessageInboundOpenMessage',
    method: 'POST',
    path: apiPath`/api/v2/conversations/messages/${parts.integrationId}/inbound/open/message`,
    query: { prefetchConversationId: true },
    body: {
      channel: {
        from: { id: parts.from, idType: parts.fromIdType ?? 'Opaque' },
        time: parts.sentAt,
        messageId: parts.messageId,
        ...(parts.attributes === undefined
          ? {}
          : { metadata: { customAttributes: toAttributeRecord(parts.attributes) } }),
      },
      text: parts.text,
    },
    // The platform knows a message by its id.
    isRepeatable: true,
  };
  const answer = await requester.send(request, options);
  const id = asText(asFields(answer.body)?.['conversationId']);
  return id === undefined ? undefined : parseConversationId(id);
}
