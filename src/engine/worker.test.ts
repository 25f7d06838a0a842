import { afterEach, describe, expect, it } from 'vitest';
import { RapportError } from '../domain/errors.ts';
import { PlatformError } from '../genesys/errors.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { aRequest, anOutcome, conversationId, openInMemory } from '../ledger/ledger.fixture.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Claim } from '../ledger/turn.ts';
import { Acceptor } from './accept.ts';
import { endlessLease } from './lease.ts';
import type { RunTurn, TurnResult } from './run-turn.ts';
import { openGate, type Grant, type WorkGate } from './work-gate.ts';
import { startWorker, type Worker, type WorkerOptions } from './worker.ts';

const settled = (claim: Claim): TurnResult => ({
  kind: 'settle',
  settlement: { outcome: anOutcome(claim) },
});

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).toReversed()) await thing[Symbol.asyncDispose]();
});

async function openMemory(): Promise<Ledger> {
  const ledger = await openInMemory(systemClock);
  opened.push(ledger);
  return ledger;
}

function work(ledger: Ledger, run: RunTurn, parts: Partial<WorkerOptions<Grant>> = {}): Worker {
  const worker = startWorker({
    ledger,
    gate: openGate,
    run,
    lease: () => endlessLease,
    clock: new ManualClock(),
    random: () => 0,
    log: silentLog,
    ...parts,
  });
  opened.push(worker);
  return worker;
}

/** Resolves when the ledger has recorded what became of the request. */
async function outcomeOf(ledger: Ledger, id: string): Promise<string | undefined> {
  for (;;) {
    const record = await ledger.request(id as never);
    if (record?.outcome !== undefined) return record.outcome.summary.result;
  }
}

describe('startWorker', () => {
  it('runs what is accepted without waiting for its poll', async () => {
    const ledger = await openMemory();
    work(ledger, async (claim) => settled(claim));
    const [accepted] = await ledger.accept([aRequest()]);
    expect(await outcomeOf(ledger, accepted?.id ?? '')).toBe('enriched');
  });

  it('keeps to its concurrency and never runs one conversation twice at a time', async () => {
    const ledger = await openMemory();
    const running = new Set<string>();
    let most = 0;
    const run: RunTurn = async (claim) => {
      if (running.has(claim.conversationId)) throw new Error('two holders');
      running.add(claim.conversationId);
      most = Math.max(most, running.size);
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(claim.conversationId);
      return settled(claim);
    };
    work(ledger, run, { concurrency: 3 });
    const requests = Array.from({ length: 60 }, (_, i) =>
      aRequest({ conversationId: conversationId(`c${i % 20}`) }),
    );
    const accepted = await ledger.accept(requests);
    for (const { id } of accepted) expect(await outcomeOf(ledger, id)).toBe('enriched');
    expect(most).toBe(3);
  });

  it('claims no more than the gate has room for, and gives unused room back', async () => {
    const ledger = await openMemory();
    const room = { free: 2, freed: Promise.withResolvers<void>() };
    const grant = (): Grant => {
      room.free -= 1;
      return {
        release() {
          room.free += 1;
          room.freed.resolve();
        },
      };
    };
    const gate: WorkGate = {
      tryRoom: () => (room.free > 0 ? grant() : undefined),
      async whenRoom() {
        while (room.free === 0) {
          room.freed = Promise.withResolvers<void>();
          await room.freed.promise;
        }
        return grant();
      },
    };
    let open = 0;
    let most = 0;
    const run: RunTurn = async (claim) => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return settled(claim);
    };
    const worker = work(ledger, run, { gate });
    const accepted = await ledger.accept(
      Array.from({ length: 10 }, (_, i) => aRequest({ conversationId: conversationId(`c${i}`) })),
    );
    for (const { id } of accepted) await outcomeOf(ledger, id);
    await worker.stop(0);
    expect([most, room.free]).toEqual([2, 2]);
  });

  it('tells errors worth a retry from those that are not', async () => {
    const ledger = await openMemory();
    work(ledger, async (claim) => {
      const retryable = claim.conversationId === 'again';
      throw new RapportError({ code: 'ERR_TEST', message: 'no', retryable });
    });
    const [dead] = await ledger.accept([
      aRequest({ conversationId: conversationId('never') }),
      aRequest({ conversationId: conversationId('again') }),
    ]);
    expect(await outcomeOf(ledger, dead?.id ?? '')).toBe('failed');
    const phaseOf = async (name: string) => (await ledger.find(conversationId(name)))?.phase;
    expect(await phaseOf('never')).toBe('dead');
    while ((await ledger.find(conversationId('again')))?.reason === undefined);
    expect(await phaseOf('again')).toBe('due');
  });

  it('keeps the platform’s id of the request that failed a turn with its audit', async () => {
    const ledger = await openMemory();
    work(ledger, async () => {
      throw new PlatformError({
        code: 'ERR_GENESYS_FORBIDDEN',
        operation: 'getConversation',
        message: 'no',
        status: 403,
        correlationId: 'corr-1',
      });
    });
    const [request] = await ledger.accept([aRequest()]);
    expect(await outcomeOf(ledger, request?.id ?? '')).toBe('failed');
    const [row] = await ledger.audit.list();
    expect(row).toMatchObject({ action: 'failed', correlationIds: ['corr-1'] });
  });

  it('works on what was claimed as it was accepted, within its concurrency', async () => {
    const ledger = await openMemory();
    const go = Promise.withResolvers<void>();
    const worker = work(
      ledger,
      async (claim) => {
        await go.promise;
        return settled(claim);
      },
      { concurrency: 1 },
    );
    const acceptor = new Acceptor({
      ledger,
      clock: systemClock,
      reserve: (request) => worker.reserve(request),
    });
    const [first] = await acceptor.accept([aRequest()]);
    expect(await ledger.find(conversationId('c1'))).toMatchObject({ phase: 'leased', fence: 1 });
    const [second] = await acceptor.accept([aRequest({ conversationId: conversationId('c2') })]);
    expect(await ledger.find(conversationId('c2'))).toMatchObject({ phase: 'due', fence: 0 });
    go.resolve();
    for (const id of [first?.id, second?.id]) {
      expect(await outcomeOf(ledger, id ?? '')).toBe('enriched');
    }
    await worker.stop(0);
    expect([worker.running, worker.reserve(aRequest())]).toEqual([0, undefined]);
  });

  it('gives a place and its room back when nothing was claimed', async () => {
    const ledger = await openMemory();
    let held = 0;
    const gate: WorkGate = {
      whenRoom: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      tryRoom() {
        held += 1;
        return { release: () => void (held -= 1) };
      },
    };
    const worker = work(ledger, async (claim) => settled(claim), { gate });
    const acceptor = new Acceptor({
      ledger,
      clock: systemClock,
      reserve: (each) => worker.reserve(each),
    });
    const request = aRequest();
    const [first] = await acceptor.accept([request]);
    expect(await outcomeOf(ledger, first?.id ?? '')).toBe('enriched');
    await acceptor.accept([{ ...request, id: aRequest().id }]);
    await ledger.accept([aRequest({ conversationId: conversationId('waits') })]);
    await acceptor.accept([aRequest({ conversationId: conversationId('waits') })]);
    await new Promise((resolve) => setImmediate(resolve));
    expect([held, worker.running]).toEqual([0, 0]);
  });

  it('hands back on stop what the grace did not let finish, and says what it waits for', async () => {
    const ledger = await openMemory();
    const lines: unknown[] = [];
    const info = (...line: readonly unknown[]): void => void lines.push(line);
    const begun = Promise.withResolvers<void>();
    const worker = work(
      ledger,
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          begun.resolve();
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      { clock: systemClock, log: { ...silentLog, info } },
    );
    await ledger.accept([aRequest()]);
    await begun.promise;
    await worker.stop(1);
    expect(lines).toEqual([
      ['worker.finishing', { turns: 1, graceMs: 1 }],
      ['worker.handing-back', { turns: 1 }],
    ]);
    expect(await ledger.find(conversationId('c1'))).toMatchObject({ phase: 'due', attempts: 0 });
  });
});
