import { describe, expect, it } from 'vitest';
import { aPlan, failed, found } from '../../../test/fixtures/enrichment.ts';
import { parseTraceId, type EnrichmentId } from '../../domain/ids.ts';
import { loadToE164 } from '../../enrich/customer/phone.ts';
import { aRequest, openInMemory } from '../../ledger/ledger.fixture.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { MAX_ATTEMPTS } from '../../ledger/turn.ts';
import { silentLog } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import type { LookupAnswer } from '../../lookup/lookup.ts';
import { defaultWriteConfig } from '../../writeback/options.ts';
import { createDigester } from '../../writeback/proof/digest.ts';
import { CONVERSATION, FakePlatform } from '../../writeback/turn/fake-platform.fixture.ts';
import { createValueMemory } from '../../writeback/value-memory.ts';
import { endlessLease } from '../lease.ts';
import { LiveTurns } from '../live-turns.ts';
import { openGate } from '../work-gate.ts';
import { startWorker, type Worker } from '../worker.ts';
import { createTurn } from './create-turn.ts';

/** One conversation, its turns on a ledger, and a source that answers what it is told to. */
class Desk implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly platform: FakePlatform;
  readonly ledger: Ledger;
  answer: LookupAnswer = found({ membership_tier: 'gold' });
  asked = 0;
  #worker: Worker | undefined;

  constructor(clock: ManualClock, ledger: Ledger) {
    this.clock = clock;
    this.platform = new FakePlatform(clock);
    this.ledger = ledger;
  }

  work(statusKey?: string): void {
    const { clock, ledger, platform } = this;
    const live = new LiveTurns();
    const plan = aPlan({
      attributes: { 'crm.tier': { from: 'crm.membership_tier' } },
      ...(statusKey === undefined ? {} : { statusKey }),
    });
    const turn = createTurn({
      enrich: () => ({
        plan,
        clock,
        lookup: () => {
          this.asked += 1;
          return Promise.resolve(this.answer);
        },
        loadPhones: () => loadToE164(plan.defaultCountry),
      }),
      writeback: {
        config: defaultWriteConfig(),
        clock,
        now: () => ledger.now(),
        digest: createDigester('a secret of the installation'),
        values: createValueMemory(),
        random: () => 0,
        log: silentLog,
      },
      portOf: () => platform,
      spareRead: () => undefined,
      isCovered: () => false,
      toOutbox: () => [],
      live,
      newTraceId: () => parseTraceId('trace-of-a-deadline'),
    });
    this.#worker = startWorker({
      ledger,
      clock,
      run: turn,
      gate: openGate,
      lease: () => endlessLease,
      random: () => 0,
      log: silentLog,
      onOver: ({ conversationId }) => void live.end(conversationId),
    });
  }

  async enrich(): Promise<EnrichmentId> {
    const request = aRequest({ conversationId: CONVERSATION });
    await this.ledger.accept([request]);
    return request.id;
  }

  /** Lets time pass until it is so; each look lets the ledger come along. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await this.clock.advance(50);
  }

  async outcome(id: EnrichmentId): Promise<string | undefined> {
    return (await this.ledger.request(id))?.outcome?.summary.result;
  }

  isAnswered(id: EnrichmentId): Promise<void> {
    return this.until(async () => (await this.outcome(id)) !== undefined);
  }

  async state(key: string): Promise<string | undefined> {
    const known = await this.ledger.find(CONVERSATION);
    return known?.entries.find((entry) => entry.key === key)?.state;
  }

  /** A turn that still waits for the platform needs time to be stopped. */
  async [Symbol.asyncDispose](): Promise<void> {
    const stop = { isDone: this.#worker === undefined };
    const stopping = this.#worker?.stop(0).finally(() => (stop.isDone = true));
    while (!stop.isDone) await this.clock.advance(10);
    await stopping;
    await this.ledger[Symbol.asyncDispose]();
  }
}

async function openDesk(): Promise<Desk> {
  const clock = new ManualClock();
  return new Desk(clock, await openInMemory(clock));
}

describe('a turn whose source fails', () => {
  it('is tried again where an earlier enrichment has left its keys', async () => {
    await using desk = await openDesk();
    desk.work();
    await desk.isAnswered(await desk.enrich());
    await desk.until(async () => (await desk.state('crm.tier')) === 'visible');
    desk.answer = failed();
    const second = await desk.enrich();
    await desk.until(async () => desk.asked >= 3);
    desk.answer = found({ membership_tier: 'platinum' });
    await desk.isAnswered(second);
    expect(await desk.outcome(second)).toBe('enriched');
    await desk.until(async () => desk.platform.valueOf('crm.tier') === 'platinum');
  });

  it('is tried again where it has told a flow so', async () => {
    await using desk = await openDesk();
    desk.work('crm.status');
    desk.answer = failed();
    const id = await desk.enrich();
    await desk.until(async () => desk.platform.valueOf('crm.status') === 'failed');
    desk.answer = found({ membership_tier: 'gold' });
    await desk.isAnswered(id);
    await desk.until(async () => (await desk.state('crm.status')) === 'visible');
    const written = ['crm.status', 'crm.tier'].map((key) => desk.platform.valueOf(key));
    expect(written).toEqual(['found', 'gold']);
  });

  it('is answered as failed at the last attempt, and the keys of before are still guarded', async () => {
    await using desk = await openDesk();
    desk.work();
    await desk.isAnswered(await desk.enrich());
    desk.answer = failed();
    const second = await desk.enrich();
    await desk.isAnswered(second);
    expect([await desk.outcome(second), desk.asked]).toEqual(['failed', 1 + MAX_ATTEMPTS]);
    expect(await desk.state('crm.tier')).toBe('visible');
    expect(await desk.ledger.find(CONVERSATION)).toMatchObject({ phase: 'idle' });
  });
});
