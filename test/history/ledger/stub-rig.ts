import { setTimeout as delay } from 'node:timers/promises';
import type { BeatTiming } from '../../../src/engine/instance.ts';
import type { ConversationId, EnrichmentId, TraceId } from '../../../src/domain/ids.ts';
import type { EnrichmentRequest } from '../../../src/domain/request.ts';
import { Child, freeze } from '../child-process.ts';
import { EmulatedPlatform } from '../emulated-platform.ts';
import type { HistoryEvent } from '../history.ts';
import type { KillAt } from '../wire.ts';

export interface StubRigOptions {
  readonly store: string;
  readonly random: () => number;
  readonly timing?: BeatTiming | undefined;
}

const CONVERSATIONS = 12;
/** Requests that the clients together leave without an answer. */
const MAX_UNACKNOWLEDGED = 24;

interface Asked {
  readonly request: EnrichmentRequest;
  /** Whom the client asked last; it asks somebody else once that one is dead. */
  last: Child;
}

/**
 * Clients, the emulated platform, and processes with stubs of turns around one ledger. A client
 * repeats a request under the same key until it reads an acknowledgement, as real ones do.
 */
export class StubRig implements AsyncDisposable {
  readonly history: HistoryEvent[];
  readonly children: Child[] = [];
  readonly #options: StubRigOptions;
  readonly #platform: EmulatedPlatform;
  readonly #token: string;
  /** The customer of each conversation. */
  readonly #customers: Readonly<Record<string, string>>;
  readonly #unacknowledged = new Map<string, Asked>();
  #instances = 0;
  #requests = 0;

  private constructor(options: StubRigOptions, platform: EmulatedPlatform, token: string) {
    this.#options = options;
    this.#platform = platform;
    this.#token = token;
    this.history = platform.history;
    const calls = Array.from({ length: CONVERSATIONS }, () => platform.call());
    this.#customers = Object.fromEntries(
      calls.map(({ conversationId, participantId }) => [conversationId, participantId]),
    );
  }

  static async start(options: StubRigOptions): Promise<StubRig> {
    const platform = await EmulatedPlatform.start([]);
    return new StubRig(options, platform, await platform.signIn());
  }

  /** What the customer of a conversation holds. */
  attributesOf(conversationId: string): Readonly<Record<string, string>> {
    return this.#platform.attributes(conversationId, this.#customers[conversationId] ?? '');
  }

  async spawn(killAt?: KillAt): Promise<Child> {
    const { store, timing } = this.#options;
    const setup = {
      instance: `i${++this.#instances}`,
      store,
      platform: this.#platform.url,
      token: this.#token,
      customers: this.#customers,
      timing,
      killAt,
    };
    const child: Child = new Child(new URL('./stub-child.ts', import.meta.url), setup, {
      onEvent: (event) => this.#record(event),
      onRefused: (keys) => this.#askAgain(child, keys),
    });
    this.children.push(child);
    await child.ready;
    if (child.hasFailed) throw new Error(`${child.instance} could not start`);
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

  freeze(child: Child, ms: number): Promise<void> {
    return freeze(child, delay(ms), this.history);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.children) if (child.isAlive) child.signal('SIGKILL');
    await Promise.all(this.children.map((child) => child.exited));
    await this.#platform[Symbol.asyncDispose]();
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
    const ids = Object.keys(this.#customers);
    const conversationId = ids[Math.floor(this.#options.random() * ids.length)];
    return {
      id: `r${n}` as EnrichmentId,
      conversationId: conversationId as ConversationId,
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
}
