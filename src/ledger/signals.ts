import type { ConversationId } from '../domain/ids.ts';
import { Listeners } from './listeners.ts';
import type { Store } from './sql/store.ts';
import type { TurnWrites } from './turn.ts';

/** Who is told that there is something to do: listeners in this instance, and through the store those in others. */
export class Signals implements Disposable {
  /** Milliseconds until a conversation is due; 0 for one that is. */
  readonly due: Listeners<[number]>;
  /** Conversations with new events. */
  readonly feed: Listeners<[ConversationId]>;
  /** Messages wait to be sent. */
  readonly waiting: Listeners<[]>;
  readonly #store: Pick<Store, 'publish'>;
  readonly #unsubscribe: () => void;

  constructor(
    store: Pick<Store, 'publish' | 'subscribe'>,
    onListenerError: (error: unknown) => void,
  ) {
    this.#store = store;
    this.due = new Listeners(onListenerError);
    this.feed = new Listeners(onListenerError);
    this.waiting = new Listeners(onListenerError);
    this.#unsubscribe = store.subscribe((signal) => {
      // The payload is a conversation id that another instance of this package published.
      if (signal.kind === 'feed') this.feed.tell(signal.conversationId as ConversationId);
      else this.due.tell(0);
    });
  }

  /** Others learn of what is due later when they claim; this instance sets its own alarm. */
  tellDue(inMs: number | undefined): void {
    if (inMs === undefined) return;
    this.due.tell(Math.max(0, inMs));
    if (inMs <= 0) this.#store.publish({ kind: 'due' });
  }

  /** To be called once these are committed. */
  tellWrites(conversationId: ConversationId, writes: TurnWrites): void {
    if ((writes.outbox?.length ?? 0) > 0) this.waiting.tell();
    if ((writes.feed?.length ?? 0) === 0) return;
    this.feed.tell(conversationId);
    this.#store.publish({ kind: 'feed', conversationId });
  }

  /** Hears of other instances no more. */
  [Symbol.dispose](): void {
    this.#unsubscribe();
  }
}
