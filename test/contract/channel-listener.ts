import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface Frame {
  readonly topicName?: string;
  readonly eventBody?: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

/** A real socket on a notification channel, and what came over it. */
export class ChannelListener implements AsyncDisposable {
  readonly frames: Frame[] = [];
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => resolve());
    });
    socket.on('message', (data) => {
      this.frames.push(JSON.parse((data as Buffer).toString('utf8')) as Frame);
      for (const look of this.#waiting) look();
    });
    // A cut socket closes; tests wait for that.
    socket.on('error', () => undefined);
  }

  static async open(connectUri: string): Promise<ChannelListener> {
    const socket = new WebSocket(connectUri);
    const listener = new ChannelListener(socket);
    await once(socket, 'open');
    return listener;
  }

  /** The first frame that fits, among those that came and those to come; it is not found again. */
  next(fits: (frame: Frame) => boolean): Promise<Frame> {
    return new Promise((resolve) => {
      const look = (): void => {
        const at = this.frames.findIndex(fits);
        if (at === -1) return;
        this.#waiting.delete(look);
        resolve(this.frames.splice(at, 1)[0] ?? {});
      };
      this.#waiting.add(look);
      look();
    });
  }

  nextOf(topicName: string): Promise<Frame> {
    return this.next((frame) => frame.topicName === topicName);
  }

  say(message: unknown): void {
    this.#socket.send(JSON.stringify(message));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}
