import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { BeatTiming } from '../../src/engine/instance.ts';
import type { ConversationId, EnrichmentId, TraceId } from '../../src/domain/ids.ts';
import type { EnrichmentRequest } from '../../src/domain/request.ts';
import type { HistoryEvent } from './history.ts';
import { sharedNow } from './watched.ts';
import type { ChildSetup, FromChild, ToChild } from './wire.ts';

/** A process of this rig. Signals go to its own pid and nowhere else. */
export class Child {
  readonly instance: string;
  readonly exited: Promise<void>;
  readonly ready: Promise<void>;
  isAlive = true;
  readonly #process: ChildProcess;
  #stats: ((stats: Extract<FromChild, { kind: 'stats' }>) => void) | undefined;

  constructor(
    setup: ChildSetup,
    record: (event: HistoryEvent) => void,
    refused: (dedupeKeys: readonly string[]) => void,
  ) {
    this.instance = setup.instance;
    const file = new URL('./child.ts', import.meta.url).pathname;
    this.#process = spawn(process.execPath, [file, JSON.stringify(setup)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // A child that was killed closes its input under the writer.
    this.#process.stdin?.on('error', () => undefined);
    const isReady = Promise.withResolvers<void>();
    const isRead = Promise.withResolvers<void>();
    const lines = createInterface({ input: this.#process.stdout ?? process.stdin });
    lines.on('line', (line) => {
      const message = parseLine(line);
      if (message?.kind === 'event') record(message.event);
      if (message?.kind === 'ready') isReady.resolve();
      if (message?.kind === 'refused') refused(message.dedupeKeys);
      if (message?.kind === 'stats') this.#stats?.(message);
    });
    lines.once('close', () => isRead.resolve());
    const hasExited = new Promise<void>((resolve) => {
      this.#process.once('exit', (_code, signal) => {
        this.isAlive = false;
        if (signal !== null) record({ kind: 'killed', instance: this.instance, at: sharedNow() });
        resolve();
      });
    });
    this.exited = Promise.all([hasExited, isRead.promise]).then(() => undefined);
    this.ready = Promise.race([isReady.promise, this.exited]);
  }

  send(message: ToChild): void {
    if (this.isAlive) this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(name);
  }

  async stop(): Promise<void> {
    this.send({ kind: 'stop' });
    await this.exited;
  }

  /** Conversations that are due or leased, and requests that are not answered. */
  async stats(): Promise<{ working: number; openRequests: number }> {
    const answer = new Promise<{ working: number; openRequests: number }>((resolve) => {
      this.#stats = resolve;
    });
    this.send({ kind: 'stats' });
    const nobody = this.exited.then(() => ({ working: 1, openRequests: 1 }));
    return Promise.race([answer, nobody]);
  }
}

/** The last line of a killed process may be cut off. */
function parseLine(line: string): FromChild | undefined {
  try {
    return JSON.parse(line) as FromChild;
  } catch {
    return undefined;
  }
}

export interface RigOptions {
  readonly store: string;
  readonly random: () => number;
  readonly timing?: BeatTiming | undefined;
  readonly conversations?: number | undefined;
}

/** Requests that the clients together leave without an answer. */
const MAX_UNACKNOWLEDGED = 24;

interface Asked {
  readonly request: EnrichmentRequest;
  /** Whom the client asked last; it asks somebody else once that one is dead. */
  last: Child;
}

/**
 * Clients, platform and processes around one ledger, with everything that they see written down. A
 * client repeats a request under the same key until it reads an acknowledgement, as real ones do.
 */
export class Rig implements AsyncDisposable {
  readonly history: HistoryEvent[] = [];
  readonly values: Map<string, string> = new Map();
  readonly children: Child[] = [];
  readonly #options: RigOptions;
  readonly #server: Server;
  readonly #unacknowledged = new Map<string, Asked>();
  #instances = 0;
  #requests = 0;

  private constructor(options: RigOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async start(options: RigOptions): Promise<Rig> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Rig(options, server);
  }

  async spawn(killAt?: ChildSetup['killAt']): Promise<Child> {
    const { store, timing } = this.#options;
    const { port } = this.#server.address() as AddressInfo;
    const instance = `i${++this.#instances}`;
    const platform = `http://127.0.0.1:${port}`;
    const child: Child = new Child(
      { instance, store, platform, timing, killAt },
      (event) => this.#record(event),
      (keys) => this.#askAgain(child, keys),
    );
    this.children.push(child);
    await child.ready;
    return child;
  }

  /**
   * A few new requests, some of them twice, and those whose process died before it acknowledged them.
   * Clients that wait for many answers ask nothing new, so a slow machine is not flooded.
   */
  ask(child: Child, count: number): void {
    for (const asked of this.#unacknowledged.values()) {
      if (asked.last.isAlive) continue;
      asked.last = child;
      this.#send(child, this.#again(asked.request));
    }
    for (let i = 0; i < count && this.#unacknowledged.size < MAX_UNACKNOWLEDGED; i++) {
      const request = this.#newRequest();
      this.#unacknowledged.set(request.dedupeKey, { request, last: child });
      this.#send(child, request);
      if (this.#options.random() < 0.2) this.#send(child, this.#again(request));
    }
  }

  /** Waits until everything that was asked is acknowledged and worked off by the processes that live. */
  async settle(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const child = this.children.find((candidate) => candidate.isAlive);
      if (child === undefined) throw new Error('nobody is left to work');
      this.ask(child, 0);
      const { working, openRequests } = await child.stats();
      if (this.#unacknowledged.size === 0 && working === 0 && openRequests === 0) return;
      await delay(25);
    }
  }

  /** Stands still for a while, as a machine does that is out of memory. */
  async freeze(child: Child, ms: number): Promise<void> {
    const at = sharedNow();
    child.signal('SIGSTOP');
    await delay(ms);
    child.signal('SIGCONT');
    this.history.push({ kind: 'frozen', instance: child.instance, at, until: sharedNow() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.children) if (child.isAlive) child.signal('SIGKILL');
    await Promise.all(this.children.map((child) => child.exited));
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #record(event: HistoryEvent): void {
    this.history.push(event);
    if (event.kind === 'acknowledged') this.#unacknowledged.delete(event.dedupeKey);
  }

  /** As a client does that was answered 503: it asks the same one again. */
  #askAgain(child: Child, dedupeKeys: readonly string[]): void {
    for (const key of dedupeKeys) {
      const asked = this.#unacknowledged.get(key);
      if (asked !== undefined) this.#send(child, this.#again(asked.request));
    }
  }

  #send(child: Child, request: EnrichmentRequest): void {
    child.send({ kind: 'accept', requests: [request] });
  }

  #newRequest(): EnrichmentRequest {
    const n = ++this.#requests;
    const { random, conversations = 12 } = this.#options;
    return {
      id: `r${n}` as EnrichmentId,
      conversationId: `c${Math.floor(random() * conversations)}` as ConversationId,
      kind: 'enrich',
      lane: 'live',
      dedupeKey: `key-${n}`,
      traceId: `t${n}` as TraceId,
      body: {},
    };
  }

  #again(request: EnrichmentRequest): EnrichmentRequest {
    return { ...request, id: `r${++this.#requests}` as EnrichmentId };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') {
      const value = this.values.get((request.url ?? '/').slice(1));
      response.writeHead(value === undefined ? 404 : 200).end(value);
      return;
    }
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // the writer was killed while it wrote; the platform never got the request
    }
    const write = JSON.parse(Buffer.concat(chunks).toString()) as Omit<
      Extract<HistoryEvent, { kind: 'written' }>,
      'kind'
    >;
    this.values.set(write.conversationId, write.value);
    this.history.push({ kind: 'written', ...write });
    response.writeHead(202).end();
  }
}

/** A seeded source of numbers from 0 up to 1 (mulberry32), so that a failing run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
