import { toAttributeRecord } from '../../domain/attributes.ts';
import { apiPath } from '../../genesys/request/platform-request.ts';
import { toTexts, type WriteProfile } from './profile.ts';

/** `PATCH /conversations/{c}` with the changed keys. */
export const conversationProfile: WriteProfile = {
  name: 'conversation',
  sendsNull: false,
  async write(target, changes, { port, call }) {
    await port.send(
      {
        operation: 'patchConversation',
        method: 'PATCH',
        path: apiPath`/api/v2/conversations/${target.conversationId}`,
        body: { attributes: toAttributeRecord(toTexts(changes)) },
      },
      call,
    );
  },
};
