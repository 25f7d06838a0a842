import type {
  ConnectSocket,
  NotificationsPort,
  PlatformChannel,
  Socket,
  SocketHandlers,
  TopicVerdict,
} from './ports.ts';

/** One socket that the fake platform has open. */
export class FakeSocket {
  readonly sent: unknown[] = [];
  readonly handlers: SocketHandlers;
  paused: boolean = false;
  closed: boolean = false;

  constructor(handlers: SocketHandlers) {
    this.handlers = handlers;
  }

  /** The platform sends a frame. */
  say(frame: unknown): void {
    this.sayText(JSON.stringify(frame));
  }

  sayText(text: string): void {
    if (!this.closed) this.handlers.onText(text);
  }

  beat(): void {
    this.say({ topicName: 'channel.metadata', eventBody: { message: 'WebSocket Heartbeat' } });
  }

  /** The platform closes it. */
  drop(): void {
    if (this.closed) return;
    this.closed = true;
    this.handlers.onClose(1006);
  }
}

interface FakeChannel {
  readonly topics: Set<string>;
  socket: FakeSocket | undefined;
}

/** The platform's notification API and its sockets, in process, moved by the test's own hand. */
export class FakeNotifications implements NotificationsPort {
  /** Every request and every in-band message, in order. */
  readonly log: string[] = [];
  readonly channels: Map<string, FakeChannel> = new Map();
  readonly rejects: Set<string> = new Set();
  /** Thrown by the next requests, first to last. */
  readonly failures: Error[] = [];
  refusesSockets: number = 0;
  /** How it answers an in-band subscription; undefined: not at all. */
  inBandResult: string | undefined = '200';
  #made = 0;

  async createChannel(): Promise<PlatformChannel> {
    this.#request('create');
    this.#made += 1;
    const id = `ch${this.#made}`;
    this.channels.set(id, { topics: new Set(), socket: undefined });
    return { id, connectUri: `wss://streaming.example/channels/${id}` };
  }

  async channelExists(id: string): Promise<boolean> {
    this.#request(`exists ${id}`);
    return this.channels.has(id);
  }

  async putTopics(id: string, topics: readonly string[]): Promise<TopicVerdict[]> {
    this.#request(`put ${id} ${topics.length}`);
    this.channels.get(id)?.topics.clear();
    return this.#subscribe(id, topics);
  }

  async addTopics(id: string, topics: readonly string[]): Promise<TopicVerdict[]> {
    this.#request(`add ${id} ${topics.length}`);
    return this.#subscribe(id, topics);
  }

  readonly connect: ConnectSocket = async (uri, handlers) => {
    const id = uri.slice(uri.lastIndexOf('/') + 1);
    const channel = this.channels.get(id);
    this.log.push(`open ${id}`);
    if (channel === undefined) throw new Error('404');
    if (this.refusesSockets > 0) {
      this.refusesSockets -= 1;
      throw new Error('503');
    }
    // One socket per channel: the second drops the first.
    channel.socket?.drop();
    const socket = new FakeSocket(handlers);
    channel.socket = socket;
    return this.#client(id, socket);
  };

  /** The only open socket, for tests with one channel. */
  get socket(): FakeSocket {
    const open = [...this.channels.values()].flatMap(({ socket }) =>
      socket === undefined || socket.closed ? [] : [socket],
    );
    if (open[0] === undefined || open.length > 1) throw new Error(`${open.length} open sockets`);
    return open[0];
  }

  get openSockets(): number {
    return [...this.channels.values()].filter(({ socket }) => socket?.closed === false).length;
  }

  topicsOf(id: string): string[] {
    return [...(this.channels.get(id)?.topics ?? [])];
  }

  #client(id: string, socket: FakeSocket): Socket {
    return {
      send: (text) => {
        const message = JSON.parse(text) as {
          message: string;
          topics?: string[];
          correlationId?: string;
        };
        socket.sent.push(message);
        if (message.message !== 'subscribe') return;
        this.log.push(`in-band ${id} ${message.topics?.length ?? 0}`);
        if (this.inBandResult === undefined) return;
        if (this.inBandResult === '200') this.#subscribe(id, message.topics ?? []);
        socket.say({ result: this.inBandResult, correlationId: message.correlationId });
      },
      pause: () => void (socket.paused = true),
      resume: () => void (socket.paused = false),
      close: () => void (socket.closed = true),
    };
  }

  #request(line: string): void {
    this.log.push(line);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
  }

  #subscribe(id: string, topics: readonly string[]): TopicVerdict[] {
    const channel = this.channels.get(id);
    if (channel === undefined) throw new Error('notification.unable.to.get.channel.id');
    return topics.map((topic) => {
      const rejected = this.rejects.has(topic);
      if (!rejected) channel.topics.add(topic);
      return rejected
        ? { topic, rejected, reason: 'missing permission', missingPermissions: ['a:b:c'] }
        : { topic, rejected };
    });
  }
}
