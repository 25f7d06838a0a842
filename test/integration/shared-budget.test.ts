import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import type { Exchange } from '../../src/emulator/http/request-log.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { createScaledClock } from '../../src/lib/scaled-clock.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { ledgerOver, type OpenLedgerOptions } from '../../src/ledger/open-ledger.ts';
import { PostgresStore } from '../../src/ledger/postgres/postgres-store.ts';
import { createTestDatabase, execute } from '../support/postgres.ts';
import { isSoak } from '../support/soak.ts';
import { API_KEY, startGrounds, startOn, type Grounds, type Running } from './service-stage.ts';

/** A minute in two seconds, and a small allowance; the soak takes its time, and has the platform's. */
const FACTOR = isSoak ? 10 : 30;
const ALLOWED = isSoak ? 300 : 50;
const CONVERSATIONS = isSoak ? 600 : 24;
const INSTANCES = 3;
/** On the scaled clock; a machine that is busy does not beat in time at that speed. */
const BEATS = { beatMs: 2_000 * FACTOR, aliveMs: 8_000 * FACTOR, holdMs: 6_000 * FACTOR };

interface Scene extends AsyncDisposable {
  readonly grounds: Grounds;
  readonly running: readonly Running[];
  readonly clock: Clock;
  readonly databaseUrl: string;
  /** Requests to the platform by each instance. */
  readonly sent: number[];
}

/** Several services on one PostgreSQL and one platform, all of them by one fast clock. */
async function startScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const clock = createScaledClock(FACTOR);
  const grounds = stack.use(
    await startGrounds({
      clock,
      limits: { tokenPerWindow: ALLOWED },
      analytics: { queryDelayMs: 0 },
      requestLogSize: 100_000,
    }),
  );
  const sent = Array.from({ length: INSTANCES }, () => 0);
  const running = await Promise.all(
    sent.map((_, i) =>
      startOn(grounds, {
        store: database.url,
        config: withPatience,
        parts: {
          clock,
          openLedger: (options) => openOn(clock, options),
          beatTiming: BEATS,
          onRequest: () => (sent[i] = (sent[i] ?? 0) + 1),
        },
      }),
    ),
  );
  for (const each of running) stack.use(each);
  const started = stack.move();
  const databaseUrl = database.url;
  return {
    grounds,
    running,
    clock,
    databaseUrl,
    sent,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** Time-outs are for the real time that things take here. */
function withPatience(config: Record<string, unknown>): Record<string, unknown> {
  const timeoutMs = 10_000 * FACTOR;
  // As `configFor` wrote them.
  const { genesys, sources } = config as { genesys: object; sources: { crm: object } };
  return {
    ...config,
    genesys: { ...genesys, timeoutMs },
    sources: { crm: { ...sources.crm, timeoutMs: 60_000 } },
    listen: { queues: ['Sales'] },
  };
}

/** The ledger, going by this clock and not by the server's. */
async function openOn(clock: Clock, options: OpenLedgerOptions): Promise<Ledger> {
  const { store: url, random } = options;
  const nowMs = (): number => Math.floor(clock.wallMs());
  const store = await PostgresStore.open({ url, clock, random, log: silentLog, nowMs });
  return ledgerOver(store, options);
}

/** Asks the instances in turn for the enrichment of as many calls, on a queue that nobody listens to. */
async function ask({ grounds, running }: Scene, count: number): Promise<readonly string[]> {
  const ids = Array.from(
    { length: count },
    (_, n) =>
      grounds.emulator.control.start({ queue: 'Support', from: customer((n % 2) + 1).phone })
        .conversationId,
  );
  await Promise.all(
    ids.map(async (id, n) => {
      const url = running[n % running.length]?.service.url ?? '';
      const answer = await fetch(`${url}/v1/conversations/${id}/enrich`, {
        method: 'POST',
        headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
        body: '{}',
      });
      expect(answer.status).toBe(202);
    }),
  );
  return ids;
}

async function untilAnswered({ running }: Scene): Promise<void> {
  for (;;) {
    const stats = await running[0]?.service.ledger.stats().catch(() => undefined);
    if (stats?.openRequests === 0) return;
    await wait(20);
  }
}

const requests = ({ grounds }: Scene): readonly Exchange[] => grounds.emulator.control.requests();
const signIns = (scene: Scene): number =>
  requests(scene).filter(({ path }) => path === '/oauth/token').length;
const refused = (scene: Scene, status: number): number =>
  requests(scene).filter((request) => request.status === status).length;

function writesOf(scene: Scene): ReadonlyMap<string, number> {
  const writes = requests(scene).filter(({ method, status }) => method === 'PATCH' && status < 300);
  return new Map(
    [...Map.groupBy(writes, ({ path }) => path.split('/')[4] ?? '')].map(([id, of]) => [
      id,
      of.length,
    ]),
  );
}

describe('three services on one PostgreSQL and one OAuth client', () => {
  it('spend one rate window together, on one token, and renew it once', async () => {
    await using scene = await startScene();
    const ids = await ask(scene, CONVERSATIONS);
    await untilAnswered(scene);
    expect(writesOf(scene)).toEqual(new Map(ids.map((id) => [id, 1])));
    // A read and a write each: more than one window has.
    expect(requests(scene).length).toBeGreaterThan(2 * CONVERSATIONS);
    expect(refused(scene, 429)).toBe(0);
    expect(Math.min(...scene.sent)).toBeGreaterThan(0);
    expect(signIns(scene)).toBe(1);

    scene.grounds.emulator.control.revokeTokens();
    const later = await ask(scene, 3 * INSTANCES);
    await untilAnswered(scene);
    for (const id of later) expect(writesOf(scene).get(id)).toBe(1);
    expect(refused(scene, 401)).toBeGreaterThan(0);
    expect(refused(scene, 429)).toBe(0);
    expect(signIns(scene)).toBe(2);
  });

  it('lose nothing and write nothing twice when their connections are cut', async () => {
    await using scene = await startScene();
    const ids = await ask(scene, 18);
    for (let cut = 0; cut < 4; cut++) {
      await execute(
        scene.databaseUrl,
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`,
      );
      await wait(60);
    }
    await untilAnswered(scene);
    expect(writesOf(scene)).toEqual(new Map(ids.map((id) => [id, 1])));
    expect(refused(scene, 429)).toBe(0);
  });
});
