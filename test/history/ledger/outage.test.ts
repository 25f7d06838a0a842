import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRapportError } from '../../../src/domain/errors.ts';
import { startInstance } from '../../../src/engine/instance.ts';
import { openGate } from '../../../src/engine/work-gate.ts';
import { startWorker } from '../../../src/engine/worker.ts';
import { sleep, systemClock } from '../../../src/lib/clock.ts';
import { createIdSource } from '../../../src/lib/ids.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { ManualClock } from '../../../src/lib/manual-clock.ts';
import type { StartedConversation } from '../../../src/emulator/index.ts';
import { aRequest, conversationId } from '../../../src/ledger/ledger.fixture.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { Claim } from '../../../src/ledger/turn.ts';
import { ledgerOver, openLedger, openStore } from '../../../src/ledger/open-ledger.ts';
import { SqliteStore } from '../../../src/ledger/sqlite/sqlite-store.ts';
import { createTestDatabase, execute, startTestServer } from '../../support/postgres.ts';
import { TEST_MS } from '../../support/patience.ts';
import { FAST, isSoak } from '../../support/soak.ts';
import { check } from '../checker.ts';
import { EmulatedPlatform } from '../emulated-platform.ts';
import { readFinalState, readMessages } from '../final-state.ts';
import { createStubPlatform } from './stub-platform.ts';
import { checkStubTurns, stubTurn } from './stub-turn.ts';
import { sharedNow, tellingTurns } from '../watched.ts';

/** Starting a server for one test alone takes longer than the test. */
const hasServer = process.env['RAPPORT_TEST_POSTGRES_URL'] !== undefined;
const timeout = isSoak ? 600_000 : TEST_MS;

/** One service with stubs of turns in this process, on a ledger whose store may fall away. */
class Service implements AsyncDisposable {
  readonly platform: EmulatedPlatform;
  readonly ledger: Ledger;
  readonly #store: string;
  readonly #calls: readonly StartedConversation[];
  readonly #stop: AsyncDisposableStack;

  private constructor(
    parts: { readonly store: string; readonly ledger: Ledger; readonly platform: EmulatedPlatform },
    calls: readonly StartedConversation[],
    stop: AsyncDisposableStack,
  ) {
    this.#store = parts.store;
    this.ledger = parts.ledger;
    this.platform = parts.platform;
    this.#calls = calls;
    this.#stop = stop;
  }

  static async start(store: string, inner: Ledger): Promise<Service> {
    const stop = new AsyncDisposableStack();
    const platform = stop.use(await EmulatedPlatform.start([]));
    const calls = Array.from({ length: 7 }, () => platform.call());
    const ledger = tellingTurns(inner, 'i1', (event) => platform.history.push(event));
    stop.use(inner);
    const parts = { ledger, clock: systemClock, log: silentLog };
    const instance = stop.use(await startInstance({ ...parts, timing: FAST }));
    const stub = createStubPlatform({
      apiUrl: platform.url,
      token: await platform.signIn(),
      instance: 'i1',
      customers: Object.fromEntries(calls.map((call) => [call.conversationId, call.participantId])),
    });
    const hooks = {
      began() {},
      beforeWrite({ conversationId: id, fence }: Claim) {
        const at = sharedNow();
        platform.history.push({ kind: 'sent', instance: 'i1', conversationId: id, fence, at });
      },
      afterWrite() {},
    };
    stop.use(
      startWorker({
        ...parts,
        gate: openGate,
        run: stubTurn(stub, hooks, (ms) => sleep(systemClock, ms)),
        lease: () => instance.lease(),
        random: Math.random,
        pollMs: 100,
      }),
    );
    return new Service({ store, ledger, platform }, calls, stop);
  }

  /** Asks until it is acknowledged, as a client does; how often it was refused. */
  async ask(n: number): Promise<number> {
    const call = this.#calls[n % this.#calls.length];
    const id = conversationId(call?.conversationId ?? '');
    const request = aRequest({ conversationId: id, body: {} });
    for (let refused = 0; ; refused++) {
      try {
        const [accepted] = await this.ledger.accept([request]);
        this.platform.history.push({
          kind: 'acknowledged',
          answered: accepted?.id ?? '',
          conversationId: request.conversationId,
          dedupeKey: request.dedupeKey,
        });
        return refused;
      } catch (error) {
        // Anything but a refusal that says to come again is a fault of the ledger.
        if (!isRapportError(error) || !error.retryable) throw error;
        await sleep(systemClock, 20);
      }
    }
  }

  /** What the checker says once everything is worked off. */
  async verdict(): Promise<string[]> {
    for (;;) {
      const stats = await this.ledger.stats().catch(() => undefined);
      if (
        stats !== undefined &&
        stats.openRequests + stats.phases.leased + stats.phases.due === 0
      ) {
        break;
      }
      await sleep(systemClock, 20);
    }
    const state = await readFinalState(this.ledger, await readMessages(this.#store));
    const customers = new Map(this.#calls.map((call) => [call.conversationId, call.participantId]));
    return [
      ...check(this.platform.history, state),
      ...checkStubTurns(state, (id) => this.platform.attributes(id, customers.get(id) ?? '')),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop.disposeAsync();
  }
}

function open(store: string): Promise<Ledger> {
  const newId = createIdSource(systemClock);
  return openLedger({ store, clock: systemClock, newId, random: Math.random });
}

describe('a ledger on PostgreSQL', () => {
  it.runIf(isSoak || hasServer)(
    'bears every connection being cut, again and again',
    { timeout },
    async () => {
      await using database = await createTestDatabase();
      await using service = await Service.start(database.url, await open(database.url));
      for (let round = 0; round < (isSoak ? 100 : 1); round++) {
        const asking = Array.from({ length: 20 }, (_, n) => service.ask(n));
        await execute(
          database.url,
          `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`,
        );
        await Promise.all(asking);
      }
      expect(await service.verdict()).toEqual([]);
    },
  );

  it.runIf(isSoak)(
    'bears the server being stopped and started under load',
    { timeout },
    async () => {
      await using server = await startTestServer();
      await using service = await Service.start(server.url, await open(server.url));
      let refused = 0;
      for (let round = 0; round < 5; round++) {
        const asking = Array.from({ length: 20 }, (_, n) => service.ask(n));
        await server.stop();
        asking.push(service.ask(99));
        await server.start();
        refused += (await Promise.all(asking)).reduce((sum, times) => sum + times, 0);
      }
      expect(refused).toBeGreaterThan(0);
      expect(await service.verdict()).toEqual([]);
    },
  );
});

/** The ledger of a service, and a way to change the file beneath it. */
async function onFile(
  path: string,
): Promise<{ service: Service; pragma: (text: string) => Promise<void> }> {
  const newId = createIdSource(systemClock);
  const options = { store: `sqlite:${path}`, clock: systemClock, newId, random: Math.random };
  const store = await openStore(options, false);
  if (!(store instanceof SqliteStore)) throw new Error('not a SQLite store');
  const service = await Service.start(options.store, await ledgerOver(store, options));
  const pragma = async (text: string): Promise<void> => {
    await store.read({
      query: { name: text, text: () => ({ text: `pragma ${text}`, order: [] }) },
      params: {},
    });
  };
  return { service, pragma };
}

describe('a ledger on SQLite', () => {
  it.each([
    // A page limit is how SQLite itself plays a full disk; query_only is a file gone read-only.
    ['full', 'max_page_count = 1', 'max_page_count = 1073741823'],
    ['read-only', 'query_only = 1', 'query_only = 0'],
  ])('refuses while the disk is %s, and goes on when it is not', async (_, broken, whole) => {
    const folder = await mkdtemp(join(tmpdir(), 'rapport-outage-'));
    {
      const file = await onFile(join(folder, 'ledger.db'));
      await using service = file.service;
      for (let n = 0; n < 50; n++) await service.ask(n);
      await file.pragma(broken);
      const asking = Array.from({ length: 200 }, (__, n) => service.ask(n));
      await sleep(systemClock, 100);
      await file.pragma(whole);
      const refused = (await Promise.all(asking)).reduce((sum, times) => sum + times, 0);
      expect(refused).toBeGreaterThan(0);
      expect(await service.verdict()).toEqual([]);
    }
    await rm(folder, { recursive: true });
  });

  it('leaves nothing waiting when the wall clock is set back or was wrong at the last start', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rapport-clock-'));
    const store = `sqlite:${join(folder, 'ledger.db')}`;
    const parts = { store, newId: createIdSource(systemClock), random: () => 0 };
    const clock = new JumpingClock();
    {
      await using ledger = await openLedger({ ...parts, clock });
      clock.offsetMs = -86_400_000;
      await ledger.accept([aRequest({ conversationId: conversationId('set-back') })]);
      expect((await ledger.claim(1)).claims).toHaveLength(1);
      clock.offsetMs = 30 * 86_400_000;
      await ledger.accept([aRequest({ conversationId: conversationId('set-forward') })]);
      expect((await ledger.claim(1)).claims).toHaveLength(1);
      await ledger.accept([aRequest({ conversationId: conversationId('due-next-month') })]);
    }
    clock.offsetMs = 0;
    await using ledger = await openLedger({ ...parts, clock });
    expect((await ledger.claim(9)).claims).toHaveLength(3);
    await rm(folder, { recursive: true });
  });
});

/** A clock whose wall hands can be moved; its monotonic ones cannot. */
class JumpingClock extends ManualClock {
  offsetMs = 0;

  override wallMs(): number {
    return super.wallMs() + this.offsetMs;
  }
}
