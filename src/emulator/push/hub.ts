import { viewMediaConversationEvent } from '../conversations/views/media-event-view.ts';
import { viewConversationEvent } from '../conversations/views/conversation-view.ts';
import { announceFrame, emulatorFrames } from '../diagnostics.ts';
import type { WorldEvent } from '../world/event.ts';
import type { ConversationState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import type { Channels } from './channels.ts';
import { detailBody } from './detail-body.ts';

/** Turns what happens in the world into frames for the channels that listen. */
export function startPush(world: World, channels: Channels, newId: () => string): Disposable {
  const send: Send = (name, conversationId, eventBody) => {
    const isSubscribed = channels.isHeard(name);
    if (!isSubscribed && !emulatorFrames.isHeard) return;
    const text = JSON.stringify({
      topicName: name,
      version: '2',
      eventBody: eventBody(),
      metadata: { CorrelationId: newId() },
    });
    // Nobody will see it, yet it is held against the contract like those that somebody does.
    if (!isSubscribed) announceFrame(text);
    for (const channel of channels.listeners(name))
      channel.socket?.send({ topic: name, text, conversationId });
  };
  const stop = world.listen((event) => {
    if (event.kind === 'detail') {
      const name = `v2.detail.events.conversation.${event.conversation.id}.${event.detail}`;
      send(name, event.conversation.id, () => detailBody(world, event));
      return;
    }
    if (event.kind === 'conversation') pushConversation(world, event, send);
  });
  return { [Symbol.dispose]: stop };
}

/** Sends to whoever listens; the body is built only if somebody does. */
type Send = (name: string, conversationId: string, eventBody: () => unknown) => void;

function pushConversation(
  world: World,
  { conversation }: Extract<WorldEvent, { readonly kind: 'conversation' }>,
  send: Send,
): void {
  for (const owner of ownersOf(conversation)) {
    send(`${owner}.conversations`, conversation.id, () =>
      viewConversationEvent(world, conversation),
    );
    send(`${owner}.conversations.${conversation.media}`, conversation.id, () =>
      viewMediaConversationEvent(conversation, conversation.media),
    );
  }
}

/** Queues and users that have or had the conversation: each hears of it until its end. */
function ownersOf(conversation: ConversationState): Set<string> {
  const owners = new Set<string>();
  for (const { queueId, userId } of conversation.participants) {
    if (queueId !== undefined) owners.add(`v2.routing.queues.${queueId}`);
    if (userId !== undefined) owners.add(`v2.users.${userId}`);
  }
  return owners;
}
