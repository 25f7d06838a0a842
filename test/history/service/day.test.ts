import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { isSoak, SEED } from '../../support/soak.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { COMMITTED } from '../emulated-platform.ts';
import { ServiceRig, type Call } from './service-rig.ts';

const DAYS = isSoak ? Number(process.env['RAPPORT_DAYS'] ?? 8) : 1;
/** Troubles of a day: all of them, or those that a sample has time for. */
const TROUBLES = isSoak ? 8 : 3;
const timeout = 600_000;

/** All clocks go so many times as fast; what follows is in the day's own time. */
const SPEED = 40;

/** Time-outs that a busy machine keeps at this speed. */
const inDayTime = (config: Readonly<Record<string, unknown>>) => ({
  ...config,
  genesys: { ...(config['genesys'] as object), timeoutMs: 60_000 },
  sources: {
    crm: { ...(config['sources'] as { crm: object }).crm, timeoutMs: 20_000 },
  },
  // Longer than a request may take, or a write that is never answered would be given up unread.
  write: { settleMs: 5_000, proveMs: 20_000, lateMs: 180_000 },
});

/** One day of a service: everything that happens to it, in an order of the seed's choosing. */
class Day {
  readonly #rig: ServiceRig;
  readonly #random: () => number;
  readonly #signal: AbortSignal;
  /** What was not as it should be while the day went on. */
  readonly faults: string[] = [];

  constructor(rig: ServiceRig, random: () => number, signal: AbortSignal) {
    this.#rig = rig;
    this.#random = random;
    this.#signal = signal;
  }

  async live(): Promise<void> {
    await this.#rig.spawn();
    this.#callIn(4);
    await this.#settle();
    const troubles = [
      () => this.sockets(),
      () => this.silence(),
      () => this.crm(),
      () => this.sink(),
      () => this.restart(),
      () => this.kill(),
      () => this.outage(),
      () => this.strangers(),
    ];
    for (const trouble of shuffle(troubles, this.#random).slice(0, TROUBLES)) await trouble();
    for (const call of this.#rig.liveCalls.slice(1)) this.#rig.hangUp(call);
    await this.#settle();
  }

  /** The network cuts every socket, and calls come in before there is a new one. */
  sockets(): Promise<void> {
    return this.#unheard(() => this.#rig.platform.control.dropSockets());
  }

  /** The socket stays open and carries nothing, heartbeats included. */
  silence(): Promise<void> {
    return this.#unheard(() =>
      this.#rig.platform.control.addFault({
        kind: 'mute-socket',
        topic: 'v2.routing.queues.**',
        forMs: 120_000,
        times: 1,
      }),
    );
  }

  /** The service is stopped in order, and started again later. */
  restart(): Promise<void> {
    return this.#unheard(async () => {
      for (const child of this.#rig.children) if (child.isAlive) await child.stop();
    });
  }

  /** The service is killed in the middle of its work. */
  async kill(): Promise<void> {
    this.#stir(20);
    await delay(this.#random() * 50);
    await this.#unheard(async () => {
      const child = this.#rig.children.find(({ isAlive }) => isAlive);
      child?.signal('SIGKILL');
      await child?.exited;
    });
  }

  /** The CRM takes questions and answers none: whoever does not need it goes on as if nothing were. */
  async crm(): Promise<void> {
    const { crm } = this.#rig;
    const before = this.#rig.liveCalls;
    crm.health = 'silent';
    this.#callIn(2);
    await crm.asked;
    await this.#everythingIsWritten(before);
    crm.health = 'dead';
    this.#callIn(1);
    await this.#everythingIsWritten(before);
    crm.health = 'well';
    await this.#settle();
  }

  /** Nobody takes the webhooks: calls have their context all the same, and all is told later. */
  async sink(): Promise<void> {
    const { sink } = this.#rig;
    await this.#settle();
    const told = sink.received.length;
    sink.health = this.#random() < 0.5 ? 'dead' : 'silent';
    const calls = this.#callIn(3);
    await this.#rig.until(
      'enriched while the sink was away',
      () => calls.every((call) => this.#hasContext(call)),
      this.#signal,
    );
    await this.#everythingIsWritten(calls);
    this.#check(sink.received.length === told, 'a webhook that was away has accepted messages');
    sink.recover();
    await this.#settle();
    this.#check(sink.received.length > told, 'a webhook that was away was told of nothing later');
  }

  /** The platform answers with errors, cuts connections, or says nothing; some writes land all the same. */
  async outage(): Promise<void> {
    const { control } = this.#rig.platform;
    const [all, write] = ['* /api/v2/conversations/**', 'PATCH /api/v2/conversations/**'];
    control.addFault({
      id: `${COMMITTED}1`,
      kind: 'reset',
      operation: write,
      commits: true,
      times: 2,
    });
    control.addFault({
      id: `${COMMITTED}2`,
      kind: 'status',
      status: 503,
      operation: write,
      commits: true,
      times: 2,
    });
    control.addFault({ kind: 'silence', operation: write, times: 1 });
    control.addFault({ kind: 'status', status: 503, operation: all, probability: 0.7 });
    for (let n = 0; n < 8; n++) {
      this.#stir(3);
      await delay(20);
    }
    control.clearFaults();
    await this.#settle();
  }

  /** An agent's script writes over what was put there. */
  async strangers(): Promise<void> {
    await this.#settle();
    const [call] = this.#callIn(1);
    if (call === undefined) return;
    await this.#rig.until('enriched', () => this.#hasContext(call), this.#signal);
    this.#rig.platform.change(call, { 'crm.tier': 'mine' });
    this.#rig.wish(call, 'set');
    await this.#settle();
  }

  /** Calls come in while nobody hears them; the service finds them later, and counts them. */
  async #unheard(deafen: () => unknown): Promise<void> {
    await this.#settle();
    const found = this.#rig.foundInGaps;
    await deafen();
    const missed = this.#callIn(2);
    for (const over of this.#callIn(1)) this.#rig.hangUp(over);
    if (this.#rig.children.every(({ isAlive }) => !isAlive)) await this.#rig.spawn();
    await this.#rig.until(
      'found after a gap',
      () => missed.every((call) => this.#hasContext(call)),
      this.#signal,
    );
    const counted = this.#rig.foundInGaps - found;
    this.#check(
      counted === missed.length,
      `${missed.length} calls were missed, ${counted} counted`,
    );
    await this.#settle();
  }

  #check(isSo: boolean, fault: string): void {
    if (!isSo) this.faults.push(fault);
  }

  #callIn(count: number): readonly Call[] {
    return Array.from({ length: count }, () => this.#rig.callIn());
  }

  #stir(count: number): void {
    for (let n = 0; n < count; n++) this.#rig.stir();
  }

  #hasContext(call: Call): boolean {
    return this.#rig.attributesOf(call)['crm.id'] === call.customer.id;
  }

  /** Values that need no CRM are written to these calls now. */
  async #everythingIsWritten(calls: readonly Call[]): Promise<void> {
    const wishes = calls.map((call) => this.#rig.wish(call, 'set'));
    await this.#rig.until(
      'written to calls that have nothing to do with the trouble',
      () =>
        wishes.every(({ call, set }) => set && this.#rig.attributesOf(call)[set.key] === set.value),
      this.#signal,
    );
  }

  #settle(): Promise<void> {
    return this.#rig.settle(this.#signal);
  }
}

function shuffle<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

describe('a day of the service', () => {
  it.for(Array.from({ length: DAYS }, (_, n) => SEED + n))(
    'ends with every live call in its context and every verdict true (RAPPORT_SEED=%i)',
    { timeout },
    async (seed, { signal }) => {
      const random = seededRandom(seed);
      const folder = await mkdtemp(join(tmpdir(), 'rapport-day-'));
      {
        const store = `sqlite:${join(folder, 'ledger.db')}`;
        await using rig = await ServiceRig.start({
          store,
          random,
          speed: SPEED,
          config: inDayTime,
        });
        rig.sink.retryAfterS = 30;
        const day = new Day(rig, random, signal);
        await day.live();
        const { faults } = await rig.verdict();
        expect([...day.faults, ...faults]).toEqual([]);
      }
      await rm(folder, { recursive: true });
    },
  );
});
