/*
 * What the ledger costs, on both stores: `npm run bench:ledger [-- sqlite|postgres] [conversations]`.
 * PostgreSQL is taken from RAPPORT_TEST_POSTGRES_URL, else started from the embedded package.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConversationId, EnrichmentId, TraceId } from '../../src/domain/ids.ts';
import { NO_WORK } from '../../src/domain/outcome.ts';
import type { EnrichmentRequest } from '../../src/domain/request.ts';
import { Acceptor } from '../../src/engine/accept.ts';
import { startInstance } from '../../src/engine/instance.ts';
import type { RunTurn } from '../../src/engine/run-turn.ts';
import { openGate } from '../../src/engine/work-gate.ts';
import { startWorker, type Worker } from '../../src/engine/worker.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createIdSource } from '../../src/lib/ids.ts';
import { silentLog } from '../../src/lib/log.ts';
import { percentile } from '../../src/lib/percentile.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import type { Claim } from '../../src/ledger/turn.ts';
import { createTestDatabase } from '../../test/support/postgres.ts';
import { machine } from '../kit/machine.ts';
import { atRate } from '../kit/rate.ts';

const newId = createIdSource(systemClock);
const CONVERSATIONS = Number(process.argv[3] ?? 100_000);

function aRequest(): EnrichmentRequest {
  const id = newId();
  return {
    id: id as EnrichmentId,
    conversationId: newId() as ConversationId,
    kind: 'enrich',
    lane: 'live',
    dedupeKey: `seen:${id}`,
    traceId: newId() as TraceId,
    body: { phone: '+15551230001' },
  };
}

/** A turn that does nothing but settle. */
const emptyTurn: RunTurn = async (claim) => ({
  kind: 'settle',
  settlement: {
    outcome: {
      conversationId: claim.conversationId,
      enrichmentIds: claim.requests.map((request) => request.id),
      traceId: claim.requests[0]?.traceId ?? ('none' as TraceId),
      result: 'unchanged',
      ...NO_WORK,
    },
  },
});

function show(latenciesMs: readonly number[]): string {
  const at = (share: number): string => (percentile(latenciesMs, share) ?? Number.NaN).toFixed(2);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms`;
}

function line(what: string, value: string): void {
  console.log(`${what.padEnd(34)}${value}`);
}

interface Working extends AsyncDisposable {
  readonly worker: Worker;
}

/** Starts work with a hook on each turn; returns how to stop. */
async function work(ledger: Ledger, began: (claim: Claim) => void): Promise<Working> {
  const parts = { ledger, clock: systemClock, log: silentLog };
  const instance = await startInstance(parts);
  const run: RunTurn = (claim, context) => {
    began(claim);
    return emptyTurn(claim, context);
  };
  const lease = () => instance.lease();
  const worker = startWorker({
    ...parts,
    gate: openGate,
    run,
    lease,
    random: Math.random,
    concurrency: 256,
  });
  return {
    worker,
    async [Symbol.asyncDispose]() {
      await worker.stop(5_000);
      await instance[Symbol.asyncDispose]();
    },
  };
}

/** Requests at a steady rate, as the service takes them, with a worker beside: accept, and from accept to turn. */
async function steadily(ledger: Ledger, perSecond: number, seconds: number): Promise<void> {
  const accepted: number[] = [];
  const turned: number[] = [];
  const sentAt = new Map<string, number>();
  const working = await work(ledger, (claim) => {
    const at = sentAt.get(claim.conversationId);
    if (at !== undefined) turned.push(performance.now() - at);
  });
  const acceptor = new Acceptor({
    ledger,
    clock: systemClock,
    reserve: (request) => working.worker.reserve(request),
  });
  await atRate({ perSecond, count: perSecond * seconds }, () =>
    acceptOne(acceptor, accepted, sentAt),
  );
  while ((await ledger.stats()).openRequests > 0);
  await working[Symbol.asyncDispose]();
  line(`accept at ${perSecond}/s`, show(accepted));
  line(`accept to turn at ${perSecond}/s`, show(turned));
}

async function acceptOne(
  door: Pick<Acceptor, 'accept'>,
  latencies: number[],
  sentAt: Map<string, number>,
): Promise<void> {
  const request = aRequest();
  const at = performance.now();
  sentAt.set(request.conversationId, at);
  await door.accept([request]);
  latencies.push(performance.now() - at);
}

/** As many requests as go in, so many at a time. */
async function fullSpeed(ledger: Ledger, total: number): Promise<void> {
  const latencies: number[] = [];
  let left = total;
  const client = async (): Promise<void> => {
    while (left-- > 0) await acceptOne(ledger, latencies, new Map());
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 256 }, client));
  const seconds = (performance.now() - startedAt) / 1000;
  line('accepted at full speed', `${Math.round(total / seconds)}/s, ${show(latencies)}`);
}

/** Works off everything that waits; wall time, and CPU of the main thread, per turn. */
async function drain(ledger: Ledger): Promise<void> {
  const total = await ledger.depth();
  let turns = 0;
  const allBegan = Promise.withResolvers<void>();
  const mainBefore = process.threadCpuUsage();
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const working = await work(ledger, () => {
    turns += 1;
    if (turns === total) allBegan.resolve();
  });
  await allBegan.promise;
  await working[Symbol.asyncDispose]();
  const seconds = (performance.now() - startedAt) / 1000;
  const main = process.threadCpuUsage(mainBefore);
  const all = process.cpuUsage(before);
  line('turns with an empty turn', `${Math.round(total / seconds)}/s (${total} turns)`);
  const perTurn = (used: NodeJS.CpuUsage): string =>
    `${((used.user + used.system) / total).toFixed(1)} µs CPU`;
  line('main thread per turn', perTurn(main));
  line('whole process per turn', perTurn(all));
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

function memory(what: string): void {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  line(what, `heap ${mib(heapUsed)} MiB, resident ${mib(rss)} MiB`);
}

async function measure(store: string): Promise<void> {
  await using ledger = await openLedger({ store, clock: systemClock, newId, random: Math.random });
  memory('memory at start');
  await steadily(ledger, 20, 5);
  await steadily(ledger, 200, 10);
  await fullSpeed(ledger, 20_000);
  await drain(ledger);
  memory('memory after 22,100 conversations');
  for (let done = 22_100; done < CONVERSATIONS; done += 20_000) {
    await fullSpeed(ledger, Math.min(20_000, CONVERSATIONS - done));
    await drain(ledger);
  }
  memory(`memory after ${CONVERSATIONS} conversations`);
}

console.log(machine());
const only = process.argv[2];
if (only !== 'postgres') {
  console.log('\nSQLite');
  const folder = await mkdtemp(join(tmpdir(), 'rapport-bench-'));
  await measure(`sqlite:${join(folder, 'ledger.db')}`);
  await rm(folder, { recursive: true });
}
if (only !== 'sqlite') {
  console.log('\nPostgreSQL');
  await using database = await createTestDatabase();
  await measure(database.url);
}
