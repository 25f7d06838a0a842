import type { ConversationId } from '../domain/ids.ts';
import type { Observation } from '../domain/observation.ts';

/**
 * Which conversations a turn of this process is working on. What is observed of one meanwhile is for
 * that turn: the event about a write often comes before the turn that wrote is settled.
 */
export class LiveTurns {
  readonly #inboxes = new Map<ConversationId, Observation[]>();

  begin(conversationId: ConversationId): void {
    this.#inboxes.set(conversationId, []);
  }

  has(conversationId: ConversationId): boolean {
    return this.#inboxes.has(conversationId);
  }

  /** Hands it to the turn that has the conversation; false when none has. */
  deliver(observation: Observation): boolean {
    const inbox = this.#inboxes.get(observation.conversationId);
    inbox?.push(observation);
    return inbox !== undefined;
  }

  /** What has come since the last call; each observation is given once. */
  take(conversationId: ConversationId): readonly Observation[] {
    return this.#inboxes.get(conversationId)?.splice(0) ?? [];
  }

  /** The turn is over and recorded. @returns what came too late for it */
  end(conversationId: ConversationId): readonly Observation[] {
    const late = this.take(conversationId);
    this.#inboxes.delete(conversationId);
    return late;
  }
}
