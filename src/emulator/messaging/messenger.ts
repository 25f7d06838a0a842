import type { AttributeWriter } from '../conversations/attributes.ts';
import { addMessage } from '../conversations/messages.ts';
import {
  startInbound,
  type FlowStarter,
  type StartedConversation,
} from '../conversations/start.ts';
import { customerOf } from '../conversations/state.ts';
import type { ConversationState, IntegrationState } from '../world/model.ts';
import type { World } from '../world/world.ts';

export interface MessengerParts {
  readonly world: World;
  readonly architect: FlowStarter;
  readonly writer: AttributeWriter;
}

/** A message of a customer, as open messaging and guest sockets bring it. */
export interface CustomerMessage {
  /** The customer's id on that integration. */
  readonly from: string;
  readonly name?: string | undefined;
  readonly text: string;
  /** Become attributes of the customer's participant under the same keys. */
  readonly customAttributes: ReadonlyMap<string, string>;
}

/** Brings customers' messages into conversations: one per customer and integration while it lives. */
export class Messenger {
  readonly #parts: MessengerParts;
  readonly #conversations = new Map<string, string>();

  constructor(parts: MessengerParts) {
    this.#parts = parts;
    parts.world.listen((event) => {
      if (event.kind === 'cleared') this.#conversations.clear();
      const isOver = event.kind === 'ended' && event.conversation.media === 'messages';
      if (isOver) this.#forget(event.conversation.id);
    });
  }

  /** The conversation that customer has now. */
  liveOf(integration: IntegrationState, from: string): ConversationState | undefined {
    const id = this.#conversations.get(keyOf(integration, from));
    return id === undefined ? undefined : this.#parts.world.conversations.get(id);
  }

  receive(integration: IntegrationState, message: CustomerMessage): StartedConversation {
    const { world, writer } = this.#parts;
    const live = this.liveOf(integration, message.from);
    if (live === undefined) return this.begin(integration, message);
    const customer = customerOf(live);
    if (customer !== undefined && message.customAttributes.size > 0) {
      writer.apply(live, customer, message.customAttributes);
    }
    addMessage(world, live, { by: 'customer', text: message.text });
    return { conversationId: live.id, participantId: customer?.id ?? '' };
  }

  /** Begins a conversation, also with no message yet, as a messenger that opens by itself does. */
  begin(integration: IntegrationState, message: CustomerMessage): StartedConversation {
    const started = startInbound(this.#parts, {
      media: 'messages',
      messageType: integration.kind,
      from: message.from,
      to: integration.id,
      name: message.name,
      queue: integration.queueId,
      flow: integration.flowId,
      attributes: Object.fromEntries(message.customAttributes),
    });
    this.#conversations.set(keyOf(integration, message.from), started.conversationId);
    return started;
  }

  #forget(conversationId: string): void {
    for (const [key, id] of this.#conversations) {
      if (id !== conversationId) continue;
      this.#conversations.delete(key);
      return;
    }
  }
}

const keyOf = (integration: IntegrationState, from: string): string => `${integration.id} ${from}`;
