import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BeatTiming } from '../../../src/engine/instance.ts';
import type { EmulatorOptions, StartedConversation } from '../../../src/emulator/index.ts';
import { SIGN_IN } from '../../fixtures/client.ts';
import { PATIENCE_MS } from '../../support/patience.ts';
import { Child, freeze } from '../child-process.ts';
import { check } from '../checker.ts';
import { checkMessages } from '../checks/messages.ts';
import { checkVerdicts } from '../checks/verdicts.ts';
import { EmulatedPlatform } from '../emulated-platform.ts';
import { readLedgerAt, type FinalState } from '../final-state.ts';
import type { HistoryEvent } from '../history.ts';
import type { PlantName } from '../plants.ts';
import { sharedClock, startClock } from '../shared-clock.ts';
import { sharedNow } from '../watched.ts';
import { phoneOf, TestCrm, type CrmRecord } from './test-crm.ts';
import { TestSink } from './test-sink.ts';
import type { ClockSetup, KillAt, LogLine } from '../wire.ts';

export interface ServiceRigOptions {
  readonly store: string;
  readonly random: () => number;
  readonly timing?: BeatTiming | undefined;
  /** How fast all clocks go. @defaultValue `1` */
  readonly speed?: number | undefined;
  readonly emulator?: EmulatorOptions | undefined;
  /** Changes the configuration of the services. */
  readonly config?: ((config: Config) => Config) | undefined;
}

type Config = Readonly<Record<string, unknown>>;

export interface Call extends StartedConversation {
  readonly customer: CrmRecord;
}

/** Requests that the clients together leave without an answer. */
const MAX_UNACKNOWLEDGED = 16;
/** Calls that are live at the same time. */
const MAX_CALLS = 10;
const CUSTOMERS = 20;
const QUEUE = 'Support';
const API_KEY = 'a-key-for-the-rig';

/** What of `/v1/stats` is looked at. */
interface Stats {
  readonly openRequests: number;
  readonly phases: Readonly<Record<string, number>>;
  readonly outbox: Readonly<Record<string, number>>;
}

const knownIn = (phases: Stats['phases']): number =>
  Object.values(phases).reduce((sum, count) => sum + count, 0);

/** What a client asks for. */
interface Wish {
  readonly dedupeKey: string;
  readonly call: Call;
  readonly set: { readonly key: string; readonly value: string } | undefined;
}

/**
 * The whole service in processes of its own, one or several on one ledger, between the emulated
 * platform, a CRM, a webhook, and clients over HTTP. What all of them see is written down. A client
 * repeats a request under the same key until it reads an acknowledgement, as real ones do.
 */
export class ServiceRig implements AsyncDisposable {
  readonly history: HistoryEvent[];
  readonly children: Child[] = [];
  readonly logs: (LogLine & { readonly at: number })[] = [];
  readonly platform: EmulatedPlatform;
  readonly crm: TestCrm;
  readonly sink: TestSink;
  readonly calls: Call[] = [];
  readonly #options: ServiceRigOptions;
  readonly #clock: ClockSetup;
  readonly #wishes = new Map<string, Wish>();
  readonly #asking = new Set<Promise<void>>();
  readonly #stopped = new AbortController();
  /** Writes that the platform may still take before it kills their sender. */
  readonly #doomed = new Map<string, number>();
  #instances = 0;
  #requests = 0;

  private constructor(
    options: ServiceRigOptions,
    clock: ClockSetup,
    peers: { platform: EmulatedPlatform; crm: TestCrm; sink: TestSink },
  ) {
    this.#options = options;
    this.#clock = clock;
    this.platform = peers.platform;
    this.crm = peers.crm;
    this.sink = peers.sink;
    this.history = peers.platform.history;
    this.platform.onWritten = ({ instance }) => this.#killAtWrite(instance);
  }

  static async start(options: ServiceRigOptions): Promise<ServiceRig> {
    const clock = startClock(options.speed ?? 1);
    const emulator = { clock: sharedClock(clock), ...options.emulator };
    const peers = {
      platform: await EmulatedPlatform.start([], emulator),
      crm: await TestCrm.start(CUSTOMERS),
      sink: await TestSink.start(),
    };
    return new ServiceRig(options, clock, peers);
  }

  /** Starts a service; it kills itself at that point, or is killed there. */
  async spawn(killAt?: KillAt, plant?: PlantName): Promise<Child> {
    const instance = `i${++this.#instances}`;
    if (killAt?.point === 'write.taken') this.#doomed.set(instance, killAt.nth);
    const setup = {
      instance,
      store: this.#options.store,
      platform: this.platform.url,
      timing: this.#options.timing,
      killAt,
      plant,
      config: this.#config(),
      clock: this.#clock,
      peers: {
        platform: this.platform.url,
        lookup: this.crm.origin,
        webhook: this.sink.origin,
      },
    };
    const child = new Child(new URL('./service-child.ts', import.meta.url), setup, {
      onEvent: (event) => this.history.push(event),
      onLog: (line) => this.logs.push({ ...line, at: sharedNow() }),
    });
    this.children.push(child);
    await child.ready;
    if (child.hasFailed) throw new Error(`${child.instance} could not start`);
    return child;
  }

  /** A customer calls the queue that is listened to. */
  callIn(customer: number = this.#draw(CUSTOMERS)): Call {
    const started = this.platform.call({ queue: QUEUE, from: phoneOf(customer) });
    const call = { ...started, customer: this.customer(customer) };
    this.calls.push(call);
    return call;
  }

  hangUp({ conversationId }: Call): void {
    this.platform.control.end(conversationId);
  }

  get liveCalls(): readonly Call[] {
    return this.calls.filter(({ conversationId }) => this.platform.isLive(conversationId));
  }

  /** A client wants a key of its own written, or with no key the whole enrichment once more. */
  wish(call: Call, what: 'set' | 'enrich'): Wish {
    const n = ++this.#requests;
    const set = what === 'set' ? { key: `note.${n}`, value: `value ${n}` } : undefined;
    const wish = { dedupeKey: `key-${n}`, call, set };
    this.#wishes.set(wish.dedupeKey, wish);
    this.#pursue(wish);
    // Now and then a client is impatient and asks twice.
    if (this.#options.random() < 0.2) this.#pursue(wish);
    return wish;
  }

  /** Something happens: calls come and go, the CRM changes, clients ask. */
  stir(): void {
    const { random } = this.#options;
    const live = this.liveCalls;
    const call = live[this.#draw(live.length)];
    const dice = random();
    if (call === undefined || (dice < 0.15 && live.length < MAX_CALLS)) this.callIn();
    else if (dice < 0.22) this.hangUp(call);
    else if (this.#wishes.size >= MAX_UNACKNOWLEDGED) return;
    else if (dice < 0.7) this.wish(call, 'set');
    else {
      if (dice > 0.85) call.customer.tier = `tier-${this.#requests}`;
      this.wish(call, 'enrich');
    }
  }

  /** Conversations that were asked for after gaps, by the last report of each gap. */
  get foundInGaps(): number {
    const reports = this.logs.filter(({ event }) => /^gap\.(looked|filled)$/.test(event));
    const last = new Map(
      // A gap that is still open when its process ends begins the one of the next process.
      reports.map(({ fields: { fromMs, toMs, requested } }) => [
        `${String(fromMs)} ${String(toMs)}`,
        Number(requested),
      ]),
    );
    return [...last.values()].reduce((sum, requested) => sum + requested, 0);
  }

  /** What a customer's participant holds now. */
  attributesOf({ conversationId, participantId }: Call): Readonly<Record<string, string>> {
    return this.platform.attributes(conversationId, participantId);
  }

  /** Waits until something is so; how long it takes is not asked, unless it never comes. */
  async until(what: string, isSo: () => boolean, signal: AbortSignal): Promise<void> {
    const since = sharedNow();
    while (!isSo()) {
      signal.throwIfAborted();
      if (sharedNow() - since > PATIENCE_MS) {
        throw new Error(`never ${what}; the history is in ${await this.#dump()}`);
      }
      await delay(5);
    }
  }

  /** A process stands still for so long of the machine's own time. */
  freeze(child: Child, ms: number): Promise<void> {
    return freeze(child, delay(ms), this.history);
  }

  /** Every live call is enriched once more, so that it has what the CRM has now; then all is worked off. */
  async settle(signal: AbortSignal): Promise<void> {
    await this.#workOff(signal);
    for (const call of this.liveCalls) this.wish(call, 'enrich');
    await this.#workOff(signal);
  }

  /**
   * What the checker has to say; the ledger is read once nobody has it any more. With faults comes
   * the name of a file with the whole history.
   */
  async verdict(): Promise<{ readonly faults: string[]; readonly state: FinalState }> {
    for (const child of this.children) if (child.isAlive) await child.stop();
    const state = await readLedgerAt(this.#options.store);
    const calls = this.calls.map((call) => {
      const { conversationId, participantId, customer } = call;
      const wanted = { 'crm.id': customer.id, 'crm.tier': customer.tier, 'crm.pin': customer.pin };
      const isLive = this.platform.isLive(conversationId);
      return { conversationId, participantId, isLive, wanted };
    });
    const truth = {
      calls,
      attributes: (id: string, participantId: string) =>
        this.platform.attributes(id, participantId),
    };
    const faults = [
      ...check(this.history, state),
      ...checkVerdicts(this.history, state, truth),
      ...checkMessages(this.history, state, {
        received: this.sink.received,
        timedOut: this.#timedOutPosts(),
      }),
      ...this.#defects(),
    ];
    if (faults.length > 0) faults.push(`the history is in ${await this.#dump(state)}`);
    return { faults, state };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort(new Error('the rig is stopped'));
    for (const child of this.children) if (child.isAlive) child.signal('SIGKILL');
    await Promise.all(this.children.map((child) => child.exited));
    await Promise.all(this.#asking);
    await this.platform[Symbol.asyncDispose]();
    await this.crm[Symbol.asyncDispose]();
    await this.sink[Symbol.asyncDispose]();
  }

  /** Waits until every wish is acknowledged, every request answered, every key proved, every message sent. */
  async #workOff(signal: AbortSignal): Promise<void> {
    const since = sharedNow();
    for (let left = 'everything'; left !== ''; left = await this.#leftToDo()) {
      signal.throwIfAborted();
      const failed = this.children.find((child) => child.hasFailed);
      if (failed !== undefined) throw new Error(`${failed.instance} ended by itself`);
      if (sharedNow() - since > PATIENCE_MS) {
        throw new Error(`left undone: ${left}; the history is in ${await this.#dump()}`);
      }
      await delay(20);
    }
  }

  /** @returns in words; empty when all is done */
  async #leftToDo(): Promise<string> {
    if (this.#wishes.size > 0) return `acknowledging ${[...this.#wishes.keys()].join(', ')}`;
    const url = this.#someone()?.url;
    if (url === undefined) return 'starting';
    try {
      const response = await this.#fetch(`${url}/v1/stats`);
      const { ledger } = (await response.json()) as { ledger: Stats };
      const { openRequests, phases, outbox } = ledger;
      const busy = {
        openRequests,
        due: phases['due'],
        leased: phases['leased'],
        waiting: outbox['waiting'],
        sending: outbox['sending'],
        // A live call that nobody has heard of yet is found by filling the gap.
        unheard: Math.max(0, this.liveCalls.length - knownIn(phases)),
      };
      return Object.entries(busy)
        .filter(([, count]) => count !== 0)
        .map(([name, count]) => `${name} ${count}`)
        .join(', ');
    } catch (error) {
      return `asking ${url}: ${String(error)}`;
    }
  }

  #config(): Config {
    const config = {
      genesys: {
        apiUrl: this.platform.url,
        auth: SIGN_IN,
      },
      listen: { queues: [QUEUE] },
      customer: { key: ['phone'] },
      sources: {
        crm: {
          type: 'http',
          url: `${this.crm.origin}/customers/{key}`,
          cache: { freshMs: 0, staleMs: 0, notFoundMs: 0 },
        },
      },
      attributes: {
        'crm.id': { from: 'crm.id' },
        'crm.tier': { from: 'crm.tier' },
        'crm.pin': { from: 'crm.pin', class: 'personal', wipeAtEnd: true },
      },
      write: { settleMs: 250, proveMs: 1_000, lateMs: 3_000 },
      analytics: { url: `${this.sink.origin}/hook` },
      store: this.#options.store,
      service: { port: 0, apiKey: API_KEY },
    };
    return this.#options.config?.(config) ?? config;
  }

  /** Asks until somebody acknowledges. */
  #pursue(wish: Wish): void {
    const asking: Promise<void> = this.#untilAcknowledged(wish)
      .catch((error: unknown) => {
        if (!this.#stopped.signal.aborted) throw error;
      })
      .finally(() => this.#asking.delete(asking));
    this.#asking.add(asking);
  }

  async #untilAcknowledged({ dedupeKey, call, set }: Wish): Promise<void> {
    const { conversationId } = call;
    while (!this.#stopped.signal.aborted) {
      const answered = await this.#ask({ dedupeKey, call, set });
      if (answered === undefined) {
        await delay(20, undefined, { signal: this.#stopped.signal });
        continue;
      }
      this.history.push({ kind: 'acknowledged', answered, conversationId, dedupeKey, set });
      this.#wishes.delete(dedupeKey);
      return;
    }
  }

  /** @returns the id of the enrichment, once it is acknowledged */
  async #ask({ dedupeKey, call, set }: Wish): Promise<string | undefined> {
    const url = this.#someone()?.url;
    if (url === undefined) return undefined;
    const path = `${url}/v1/conversations/${call.conversationId}`;
    const headers = { 'content-type': 'application/json', 'idempotency-key': dedupeKey };
    try {
      const response =
        set === undefined
          ? await this.#fetch(`${path}/enrich`, { method: 'POST', headers, body: '{}' })
          : await this.#fetch(`${path}/attributes`, {
              method: 'PATCH',
              headers,
              body: JSON.stringify({ attributes: { [set.key]: set.value } }),
            });
      const body = (await response.json()) as { enrichmentId?: string };
      return response.status === 202 ? body.enrichmentId : undefined;
    } catch {
      return undefined; // the process died before it answered, or is about to
    }
  }

  #fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${API_KEY}`);
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(5_000)]);
    return fetch(url, { ...init, headers, signal });
  }

  #someone(): Child | undefined {
    const ready = this.children.filter((child) => child.isAlive && child.url !== undefined);
    return ready[this.#draw(ready.length)];
  }

  #killAtWrite(instance: string): void {
    const left = this.#doomed.get(instance);
    if (left === undefined) return;
    this.#doomed.set(instance, left - 1);
    if (left !== 1) return;
    this.children.find((child) => child.instance === instance)?.signal('SIGKILL');
  }

  async #dump(state?: FinalState): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'rapport-history-'));
    const path = join(folder, 'history.ndjson');
    const lines = [...this.history, ...this.logs, ...(state?.conversations ?? [])].map((line) =>
      JSON.stringify(line, (_, value: unknown) =>
        value instanceof Map ? Object.fromEntries(value) : value,
      ),
    );
    await writeFile(path, `${lines.join('\n')}\n`);
    return path;
  }

  /** What the service itself calls a defect. */
  #timedOutPosts(): number {
    return this.logs.filter(
      ({ event, fields }) => event === 'delivery.failed' && fields['status'] === 'timeout',
    ).length;
  }

  #defects(): string[] {
    return this.logs
      .filter(({ event }) => event === 'worker.turnThrew')
      .map(({ fields }) => `a turn threw: ${JSON.stringify(fields)}`);
  }

  /** What the CRM knows of a customer. */
  customer(customer: number): CrmRecord {
    const record = this.crm.records.get(phoneOf(customer));
    if (record === undefined) throw new RangeError(`there is no customer ${customer}`);
    return record;
  }

  #draw(count: number): number {
    return Math.floor(this.#options.random() * count);
  }
}
