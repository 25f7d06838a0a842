import type { ConversationState, LegMessage } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { impossible } from './errors.ts';
import { publishConversation } from './publish.ts';
import { customerOf } from './state.ts';
import { requireTalking } from './transfer.ts';

/** Messages that one leg keeps; a chat of days shall not grow without end. */
const MESSAGES_KEPT = 500;

export interface NewMessage {
  readonly by: 'customer' | 'agent';
  /** Goes to the guest's socket, if there is one; conversations carry ids of messages, not texts. */
  readonly text: string;
}

/** A message or e-mail is written: it shows on both ends. */
export function addMessage(
  world: World,
  conversation: ConversationState,
  message: NewMessage,
): string {
  const { media } = conversation;
  if (media !== 'messages' && media !== 'emails') throw impossible('nobody writes in this medium');
  const writer =
    message.by === 'customer' ? customerOf(conversation) : requireTalking(conversation);
  if (writer === undefined) throw impossible('there is no customer');
  const id = world.newId();
  const at = world.now();
  for (const participant of conversation.participants) {
    if (participant.endedAt !== undefined) continue;
    const status: LegMessage['status'] = participant === writer ? 'sent' : 'received';
    for (const leg of participant.legs) {
      if (leg.media !== media) continue;
      leg.messages.push({ id, at, status });
      if (leg.messages.length > MESSAGES_KEPT) leg.messages.shift();
    }
  }
  world.publish({ kind: 'message', conversation, by: message.by, id, text: message.text });
  publishConversation(world, conversation);
  return id;
}
