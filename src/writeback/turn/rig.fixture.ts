import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { Conversation } from '../../domain/conversation.ts';
import type { ParticipantId } from '../../domain/ids.ts';
import type { Observation } from '../../domain/observation.ts';
import { silentLog } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { observe, type Observed } from '../observe.ts';
import { defaultWriteConfig, type WriteConfig } from '../options.ts';
import type { PlatformPort } from '../platform-port.ts';
import { createDigester, type Digester } from '../proof/digest.ts';
import { createValueMemory, type ValueMemory } from '../value-memory.ts';
import { nameOf } from './board.ts';
import type { Effects, KeyAlert, KeyFeedEvent, KeyMessage } from './effects.ts';
import { CONVERSATION, CUSTOMER, FakePlatform } from './fake-platform.fixture.ts';
import type { WantedValue, WritebackDeps, WritebackInput, WritebackResult } from './input.ts';
import { writeTurn } from './write-turn.ts';

/**
 * What an engine does around `writeTurn` and `observe`, in the smallest form: entries that survive
 * from turn to turn, one turn at a time, the next one at its due time.
 */
export class Rig {
  readonly clock: ManualClock = new ManualClock();
  readonly platform: FakePlatform = new FakePlatform(this.clock);
  port: PlatformPort = this.platform;
  readonly values: ValueMemory = createValueMemory();
  readonly digest: Digester = createDigester('a secret of the installation');
  readonly messages: KeyMessage[] = [];
  readonly alerts: KeyAlert[] = [];
  /** What was told of each key, and when. */
  readonly feed: (KeyFeedEvent & { readonly at: number })[] = [];
  config: WriteConfig;
  covered = true;
  customerId: ParticipantId = CUSTOMER;
  entries: readonly AttributeEntry[] = [];
  dueAt: number | undefined;
  last: WritebackResult | undefined;
  held = true;
  #turns = 0;
  #isRunning = false;
  #arrived: Observation[] = [];

  constructor(config: Partial<WriteConfig> = {}) {
    this.config = { ...defaultWriteConfig(), ...config };
  }

  /** Lets events reach the entries, as a subscribed topic does. */
  listen(): void {
    this.platform.onObservation = (observation) => this.tell(observation);
  }

  /** An observation arrives: a running turn takes it in, else the entries do. */
  tell(observation: Observation): void {
    if (this.#isRunning) this.#arrived.push(observation);
    else this.observe(observation);
  }

  observe(observation: Observation): Observed {
    const observed = observe({
      entries: this.entries,
      observation,
      now: () => this.clock.wallMs(),
      digest: this.digest,
      settings: this.config,
    });
    this.#settle(observed);
    return observed;
  }

  /** A turn that a request asked for; time stands still unless the turn itself waits. */
  enrich(
    wanted: Readonly<Record<string, string | null | WantedValue>>,
    more: Partial<WritebackInput> = {},
  ): Promise<WritebackResult> {
    const map = new Map(
      Object.entries(wanted).map(([key, value]): [string, WantedValue] => [
        key,
        typeof value === 'object' && value !== null
          ? value
          : { value, class: 'public', wipe: false },
      ]),
    );
    const targets = [{ participantId: this.customerId, wanted: map }];
    return this.turn({ targets, asked: true, ...more });
  }

  async turn(more: Partial<WritebackInput> = {}): Promise<WritebackResult> {
    this.#turns += 1;
    const input: WritebackInput = {
      conversationId: CONVERSATION,
      customerId: this.customerId,
      targets: [],
      asked: false,
      entries: this.entries,
      turn: `turn-${this.#turns}`,
      lane: 'live',
      covered: this.covered,
      ...more,
    };
    this.#isRunning = true;
    const result = await this.#drive(writeTurn(input, this.deps())).finally(
      () => (this.#isRunning = false),
    );
    this.last = result;
    this.#settle(result);
    for (const observation of this.#arrived.splice(0)) this.observe(observation);
    return result;
  }

  /** Runs follow-up turns as they fall due, for so long. */
  async live(ms: number): Promise<void> {
    const until = this.clock.wallMs() + ms;
    for (;;) {
      const next = this.dueAt ?? Number.POSITIVE_INFINITY;
      const now = this.clock.wallMs();
      if (next > until) {
        await this.clock.advance(until - now);
        if ((this.dueAt ?? Number.POSITIVE_INFINITY) > until) return;
        continue;
      }
      await this.clock.advance(Math.max(0, next - now));
      if (this.dueAt === undefined || this.dueAt > this.clock.wallMs()) continue;
      await this.turn();
    }
  }

  entry(key: string, participantId: ParticipantId = CUSTOMER): AttributeEntry | undefined {
    return this.entries.find((one) => one.key === key && one.participantId === participantId);
  }

  state(key: string): string | undefined {
    return this.entry(key)?.state;
  }

  deps(): WritebackDeps {
    return {
      port: this.port,
      config: this.config,
      clock: this.clock,
      now: () => this.clock.wallMs(),
      digest: this.digest,
      values: this.values,
      random: () => 0.5,
      log: silentLog,
      signal: new AbortController().signal,
      assertHeld: () => {
        if (!this.held) throw new Error('the lease is lost');
      },
      arrived: () => this.#arrived.splice(0),
      resolve: (conversation: Conversation) =>
        conversation.participants.find((one) => one.purpose === 'customer')?.id,
    };
  }

  /** Observations may come while a turn runs; the turn's own entries win, as in the ledger. */
  #settle(effects: Effects): void {
    const merged = new Map(this.entries.map((entry) => [nameOf(entry), entry]));
    for (const entry of effects.changed) merged.set(nameOf(entry), entry);
    this.entries = [...merged.values()];
    this.messages.push(...effects.messages);
    this.alerts.push(...effects.alerts);
    const at = this.clock.wallMs();
    this.feed.push(...effects.feed.map((event) => ({ ...event, at })));
    this.dueAt = effects.nextDueAt;
  }

  /** Moves time until the work is done. */
  async #drive<T>(work: Promise<T>): Promise<T> {
    const pending = { isDone: false };
    const stop = (): void => void (pending.isDone = true);
    // A rejection is the caller's to see, at the end.
    work.then(stop, stop);
    while (!pending.isDone) await this.clock.advance(10);
    return work;
  }
}
