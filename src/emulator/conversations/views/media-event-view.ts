import type { ConversationState, Media } from '../../world/model.ts';
import { viewMediaConversation } from './media-view.ts';
import type {
  MediaConversationEventShape,
  MediaParticipantEventShape,
  MediaParticipantShape,
  MessageDetailsEventShape,
  MessageDetailsShape,
} from './shapes.ts';

/** The body of `….conversations.{media}` topics: the per-media GET without some of its members. */
export function viewMediaConversationEvent(
  conversation: ConversationState,
  media: Media,
): MediaConversationEventShape {
  const { selfUri: _, participants, ...rest } = viewMediaConversation(conversation, media, 'event');
  return { ...rest, participants: participants.map(viewParticipant) };
}

function viewParticipant(participant: MediaParticipantShape): MediaParticipantEventShape {
  const {
    startAlertingTime: _alerting,
    toAddress: _to,
    fromAddress: _from,
    messages,
    ...rest
  } = participant;
  return { ...rest, messages: messages?.map(viewMessage) };
}

const viewMessage = ({ messageId, ...rest }: MessageDetailsShape): MessageDetailsEventShape => ({
  message: { id: messageId },
  ...rest,
});
