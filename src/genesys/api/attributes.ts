import {
  NO_ATTRIBUTES,
  parseAttributes,
  toAttributeRecord,
  type Attributes,
} from '../../domain/attributes.ts';
import type { ConversationId } from '../../domain/ids.ts';
import { isPlatformError } from '../errors.ts';
import {
  apiPath,
  type CallOptions,
  type PlatformRequest,
  type Requester,
} from '../request/platform-request.ts';
import type { ParticipantTarget } from './conversations.ts';
import { asNumber, expectFields } from './fields.ts';
import { MEDIA_PATHS } from './media.ts';

export interface SecureAttributes {
  readonly attributes: Attributes;
  /** To be sent back with a change, so that the platform can tell a conflict. */
  readonly version: number | undefined;
}

/** Permissions in this file are those of the platform's API description of July 2026, read 2026-11-20. */
export interface AttributesApi {
  /**
   * Merges `changes` into a participant's attributes, key by key; keys that are absent stay. The
   * platform answers 202 and applies it later: an answer proves nothing.
   *
   * Needs no permission; scope `conversations`. Sending the same changes again has the same effect,
   * yet may undo what somebody wrote in between: unless `repeatChanges` is set, a request whose fate
   * is unknown ends in an `InDoubtError`.
   */
  patch(target: ParticipantTarget, changes: Attributes, options?: CallOptions): Promise<void>;
  /**
   * Reads the conversation's secure attributes; none where nobody has written any. Needs permission
   * `conversation:participant:attributesview`.
   */
  getSecure(id: ConversationId, options?: CallOptions): Promise<SecureAttributes>;
  /**
   * Merges into the conversation's secure attributes, which belong to the whole conversation.
   *
   * Needs permission `conversation:participant:attributesedit`; scope `conversations`. 409
   * `conversation.error.secure.attribute.conflict` means that `version` is not the present one.
   */
  patchSecure(id: ConversationId, changes: SecureAttributes, options?: CallOptions): Promise<void>;
}

const NO_SECURE = 'secure.attributes.not.found';

export function createAttributesApi(requester: Requester): AttributesApi {
  return {
    async patch(target, changes, options) {
      await requester.send(patchRequest(target, changes), options);
    },
    async getSecure(id, options) {
      const request: PlatformRequest = {
        operation: 'getConversationSecureattributes',
        method: 'GET',
        path: apiPath`/api/v2/conversations/${id}/secureattributes`,
      };
      try {
        const fields = expectFields(request, await requester.send(request, options));
        return {
          attributes: parseAttributes(fields['attributes']),
          version: asNumber(fields['version']),
        };
      } catch (error) {
        // The conversation is there: another code says that it is not.
        if (!isPlatformError(error) || error.platformCode !== NO_SECURE) throw error;
        return { attributes: NO_ATTRIBUTES, version: undefined };
      }
    },
    async patchSecure(id, changes, options) {
      await requester.send(
        {
          operation: 'patchConversationSecureattributes',
          method: 'PATCH',
          path: apiPath`/api/v2/conversations/${id}/secureattributes`,
          body: { attributes: toAttributeRecord(changes.attributes), version: changes.version },
        },
        options,
      );
    },
  };
}

function patchRequest(target: ParticipantTarget, changes: Attributes): PlatformRequest {
  const { conversationId, participantId, media } = target;
  const body = { attributes: toAttributeRecord(changes) };
  if (media === undefined) {
    return {
      operation: 'patchConversationParticipantAttributes',
      method: 'PATCH',
      path: apiPath`/api/v2/conversations/${conversationId}/participants/${participantId}/attributes`,
      body,
    };
  }
  const { segment, singular } = MEDIA_PATHS[media];
  return {
    operation: `patchConversations${singular}ParticipantAttributes`,
    method: 'PATCH',
    path: apiPath`/api/v2/conversations/${segment}/${conversationId}/participants/${participantId}/attributes`,
    body,
  };
}
