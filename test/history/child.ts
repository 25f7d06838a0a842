/*
 * A process that takes requests and works on them, until it is told to stop or killed. It is told
 * by lines of JSON on its standard input, and tells everything that happens to it on its standard
 * output, synchronously: what was written before a `kill -9` is read after it.
 */
import { createInterface } from 'node:readline';
import { Acceptor } from '../../src/engine/accept.ts';
import { startInstance } from '../../src/engine/instance.ts';
import { openGate } from '../../src/engine/work-gate.ts';
import { startWorker } from '../../src/engine/worker.ts';
import { sleep, systemClock } from '../../src/lib/clock.ts';
import { createIdSource } from '../../src/lib/ids.ts';
import { ledgerOver, openStore, type OpenLedgerOptions } from '../../src/ledger/open-ledger.ts';
import type { EnrichmentRequest } from '../../src/domain/request.ts';
import type { Claim } from '../../src/ledger/turn.ts';
import type { ChildSetup, FromChild, ToChild } from './wire.ts';
import { stubTurn, type Platform } from './stub-turn.ts';
import { aroundUnits, operationOf, sharedNow, tellingEnds } from './watched.ts';

const setup = JSON.parse(process.argv[2] ?? '{}') as ChildSetup;
const passes = { left: setup.killAt?.nth ?? 0 };

function tell(message: FromChild): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Dies here when this is the pass of the point that was ordered. */
function pass(point: string): void {
  if (point !== setup.killAt?.point) return;
  passes.left -= 1;
  if (passes.left === 0) process.kill(process.pid, 'SIGKILL');
}

const platform: Platform = {
  async read(conversationId) {
    const answer = await fetch(`${setup.platform}/${conversationId}`);
    return answer.status === 404 ? undefined : answer.text();
  },
  async write(claim, value) {
    const { conversationId, fence } = claim;
    const body = { instance: setup.instance, conversationId, fence, value, at: sharedNow() };
    await fetch(setup.platform, { method: 'POST', body: JSON.stringify(body) });
  },
};

function turnOf(claim: Claim): { instance: string; conversationId: string; fence: number } {
  return {
    instance: setup.instance,
    conversationId: claim.conversationId,
    fence: claim.fence,
  };
}

const options: OpenLedgerOptions = {
  store: setup.store,
  clock: systemClock,
  newId: createIdSource(systemClock),
  random: Math.random,
};
const store = aroundUnits(await openStore(options, false), async (unit, run) => {
  const operation = operationOf(unit);
  const running = run(unit);
  pass(`${operation}.sent`);
  const result = await running;
  pass(`${operation}.durable`);
  return result;
});
const ledger = tellingEnds(await ledgerOver(store, options), (claim, end, at) =>
  tell({ kind: 'event', event: { kind: 'ended', ...turnOf(claim), end, at } }),
);
const log = { debug() {}, info() {}, warn() {}, error() {} };
const instance = await startInstance({ ledger, clock: systemClock, log, timing: setup.timing });
const hooks = {
  began(claim: Claim): void {
    const { arrivals } = claim;
    tell({
      kind: 'event',
      event: { kind: 'began', ...turnOf(claim), arrivals, at: sharedNow() },
    });
    pass('turn.began');
  },
  beforeWrite: () => pass('turn.beforeWrite'),
  afterWrite: () => pass('turn.afterWrite'),
};
const worker = startWorker({
  ledger,
  gate: openGate,
  run: stubTurn(platform, hooks, (ms) => sleep(systemClock, ms)),
  lease: () => instance.lease(),
  clock: systemClock,
  random: Math.random,
  log,
  pollMs: 200,
});
// Both ways to a turn: claimed as it is accepted, and claimed from the line.
let taken = 0;
const acceptor = new Acceptor({
  ledger,
  clock: systemClock,
  reserve: () => (++taken % 2 === 0 ? worker.reserve() : undefined),
});
tell({ kind: 'ready' });

async function accept(requests: readonly EnrichmentRequest[]): Promise<void> {
  try {
    const accepted = await acceptor.accept(requests);
    accepted.forEach((acceptance, i) => {
      const request = requests[i];
      if (request === undefined) return;
      const { conversationId, dedupeKey } = request;
      tell({
        kind: 'event',
        event: {
          kind: 'acknowledged',
          asked: request.id,
          answered: acceptance.id,
          conversationId,
          dedupeKey,
        },
      });
    });
    pass('accept.told');
  } catch (error) {
    const dedupeKeys = requests.map((request) => request.dedupeKey);
    tell({ kind: 'refused', dedupeKeys, reason: String(error) });
  }
}

async function stop(): Promise<void> {
  await worker.stop(5_000);
  await instance[Symbol.asyncDispose]();
  await ledger[Symbol.asyncDispose]();
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as ToChild;
  if (message.kind === 'accept') void accept(message.requests);
  else if (message.kind === 'stats') {
    void ledger.stats().then(
      ({ phases, openRequests }) =>
        tell({ kind: 'stats', working: phases.due + phases.leased, openRequests }),
      // As good as busy: the store is away.
      () => tell({ kind: 'stats', working: 1, openRequests: 1 }),
    );
  } else break;
}
await stop();
process.exit(0);
