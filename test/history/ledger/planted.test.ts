import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StartedConversation } from '../../../src/emulator/index.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createIdSource } from '../../../src/lib/ids.ts';
import { aRequest } from '../../../src/ledger/ledger.fixture.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { ledgerOver, openStore, type OpenLedgerOptions } from '../../../src/ledger/open-ledger.ts';
import type { Claim } from '../../../src/ledger/turn.ts';
import { check } from '../checker.ts';
import { EmulatedPlatform } from '../emulated-platform.ts';
import { readFinalState, readMessages, type FinalState } from '../final-state.ts';
import { PLANTS, type Plant } from '../plants.ts';
import { createStubPlatform, type StubPlatform } from './stub-platform.ts';
import { checkStubTurns, settlementOf, valueFor } from './stub-turn.ts';
import { sharedNow, tellingTurns } from '../watched.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rapport-planted-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const sound: Plant = (store) => store;

/** One small life of a ledger: accept, a turn that is taken over, a late settle, a crash, the rest. */
async function live(plant: Plant): Promise<string[]> {
  const options: OpenLedgerOptions = {
    store: `sqlite:${join(folder, 'ledger.db')}`,
    clock: systemClock,
    newId: createIdSource(systemClock),
    random: () => 0,
  };
  await using life = await Life.start();
  {
    const store = await openStore(options, false);
    const ledger = life.watch(await ledgerOver(plant(store), options));
    await life.ask(ledger, 0);
    const late = await begin(ledger);
    await ledger.takeOver();
    const next = await begin(ledger);
    await ledger.settle(late, settlementOf(late));
    await life.write(next);
    await ledger.settle(next, settlementOf(next));
    await life.ask(ledger, 1);
    // The process is gone; nothing is closed in order.
    await store[Symbol.asyncDispose]();
  }
  const ledger = life.watch(await ledgerOver(await openStore(options, false), options));
  while ((await ledger.depth()) > 0) {
    const claim = await begin(ledger);
    await life.write(claim);
    await ledger.settle(claim, settlementOf(claim));
  }
  const state = await readFinalState(ledger, await readMessages(options.store));
  await ledger[Symbol.asyncDispose]();
  return life.verdict(state);
}

/** Two calls on the platform, and whoever writes to them and asks about them. */
class Life implements AsyncDisposable {
  readonly #platform: EmulatedPlatform;
  readonly #calls: readonly StartedConversation[];
  readonly #stub: StubPlatform;

  private constructor(
    platform: EmulatedPlatform,
    calls: readonly StartedConversation[],
    stub: StubPlatform,
  ) {
    this.#platform = platform;
    this.#calls = calls;
    this.#stub = stub;
  }

  static async start(): Promise<Life> {
    const platform = await EmulatedPlatform.start([]);
    const calls = [platform.call(), platform.call()];
    const customers = Object.fromEntries(
      calls.map(({ conversationId, participantId }) => [conversationId, participantId]),
    );
    const token = await platform.signIn();
    const stub = createStubPlatform({ apiUrl: platform.url, token, instance: 'i1', customers });
    return new Life(platform, calls, stub);
  }

  watch(ledger: Ledger): Ledger {
    return tellingTurns(ledger, 'i1', (event) => this.#platform.history.push(event));
  }

  async ask(ledger: Ledger, call: number): Promise<void> {
    const { conversationId } = this.#calls[call] ?? { conversationId: '' };
    const request = aRequest({ conversationId: conversationId as never });
    const [accepted] = await ledger.accept([request]);
    const answered = accepted?.id ?? '';
    const { dedupeKey } = request;
    this.#platform.history.push({ kind: 'acknowledged', answered, conversationId, dedupeKey });
  }

  async write({ conversationId, fence, arrivals }: Claim): Promise<void> {
    const at = sharedNow();
    this.#platform.history.push({ kind: 'sent', instance: 'i1', conversationId, fence, at });
    await this.#stub.write(conversationId, valueFor(arrivals));
  }

  /** With the calls by their places, so that a test can name them. */
  verdict(state: FinalState): string[] {
    const customers = new Map(this.#calls.map((call) => [call.conversationId, call.participantId]));
    const faults = [
      ...check(this.#platform.history, state),
      ...checkStubTurns(state, (id) => this.#platform.attributes(id, customers.get(id) ?? '')),
    ];
    return faults.map((fault) =>
      this.#calls.reduce(
        (text, call, i) => text.replaceAll(call.conversationId, `c${i + 1}`),
        fault,
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#platform[Symbol.asyncDispose]();
  }
}

async function begin(ledger: Ledger): Promise<Claim> {
  const { claims } = await ledger.claim(1);
  const [claim] = claims;
  if (claim === undefined) throw new Error('nothing was due');
  return claim;
}

describe('check', () => {
  it('finds nothing wrong with a ledger that keeps its promise', async () => {
    expect(await live(sound)).toEqual([]);
  });

  it('catches a settle that does not look at its fence', async () => {
    const faults = await live(PLANTS.withoutFence);
    expect(faults).toContain('c1 was settled under fence 1 after a claim with 2');
  });

  it('catches an acknowledgement that came before the commit', async () => {
    const faults = await live(PLANTS.earlyAnswer);
    expect(faults).toEqual([expect.stringMatching(/was acknowledged and is not in the ledger/)]);
  });

  it('catches a settle that skips the outbox', async () => {
    const faults = await live(PLANTS.withoutOutbox);
    expect(faults).toContain('c1 fence 2 has 0 outbox messages');
  });
});
