import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import { parseConversationId, parseEnrichmentId } from '../../src/domain/ids.ts';
import { findPostgresBinaries, PostgresCluster } from '../support/postgres-cluster.ts';
import { isSoak } from '../support/soak.ts';
import { API_KEY, startGrounds, startOn, type Grounds, type Running } from './service-stage.ts';

const TIMEOUT_MS = 180_000;
const CLIENTS = 8;
const ROUND_MS = 2_000;

const bin = findPostgresBinaries();
// A cluster is made and half of it lost: too long for every day.
const isRun = isSoak && bin !== undefined;
const where = bin === undefined ? ' (skipped: no PostgreSQL with pg_basebackup is installed)' : '';

/** Clients that ask for one conversation after the other, and go on when they are refused. */
class Load {
  readonly acknowledged: { readonly id: string; readonly conversationId: string }[] = [];
  readonly refusals = new Map<number, number>();
  readonly #service: Running['service'];
  readonly #conversations: readonly string[];
  #isOver = false;
  #asked = 0;
  readonly #clients: Promise<void>[];

  constructor(grounds: Grounds, { service }: Running) {
    this.#service = service;
    this.#conversations = Array.from(
      { length: 12 },
      (_, n) =>
        grounds.emulator.control.start({ queue: 'Support', from: customer(1 + n).phone })
          .conversationId,
    );
    this.#clients = Array.from({ length: CLIENTS }, () => this.#ask());
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      const n = this.#asked++;
      const conversationId = this.#conversations[n % this.#conversations.length] ?? '';
      const response = await fetch(
        `${this.#service.url}/v1/conversations/${conversationId}/enrich`,
        {
          method: 'POST',
          headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
          body: '{}',
        },
      );
      const body = (await response.json()) as { enrichmentId?: string };
      if (response.status === 202) {
        this.acknowledged.push({ id: body.enrichmentId ?? '', conversationId });
      } else {
        this.refusals.set(response.status, (this.refusals.get(response.status) ?? 0) + 1);
        await wait(50);
      }
    }
  }
}

async function missing({ service }: Running): Promise<readonly string[]> {
  const response = await fetch(`${service.url}/readyz`);
  if (response.status === 200) return [];
  return ((await response.json()) as { missing: string[] }).missing;
}

describe(`a service on PostgreSQL with a synchronous standby${where}`, () => {
  it.runIf(isRun)(
    'loses nothing that it acknowledged when the primary is lost and the standby takes its place',
    { timeout: TIMEOUT_MS },
    async () => {
      await using cluster = await PostgresCluster.start(bin ?? '');
      await using grounds = await startGrounds({ analytics: { queryDelayMs: 0 } });
      await using running = await startOn(grounds, { store: cluster.url });
      while ((await missing(running)).length > 0) await wait(50);
      const load = new Load(grounds, running);
      await wait(ROUND_MS);
      cluster.crash();
      while (!(await missing(running)).includes('ledger: it cannot be reached')) await wait(50);
      const before = load.acknowledged.length;
      expect(before).toBeGreaterThan(0);
      await wait(ROUND_MS);
      await cluster.promote();
      const promotedMs = performance.now();
      while ((await missing(running)).length > 0) await wait(50);
      const readyMs = performance.now() - promotedMs;
      while (load.acknowledged.length < before + 50) await wait(50);
      await load.stop();
      expect([...load.refusals.keys()]).toEqual([503]);

      const { ledger } = running.service;
      for (const { id } of load.acknowledged) {
        while ((await ledger.request(parseEnrichmentId(id)))?.outcome === undefined) await wait(20);
      }
      const results = new Set<string>();
      for (const conversationId of new Set(load.acknowledged.map((each) => each.conversationId))) {
        const outcomes = await ledger.outcomes(parseConversationId(conversationId), {
          limit: 10_000,
        });
        expect(new Set(outcomes.map(({ fence }) => fence)).size).toBe(outcomes.length);
        for (const { summary } of outcomes) results.add(summary.result);
      }
      expect([...results].toSorted()).toEqual(['enriched', 'unchanged']);
      expect(await ledger.audit.verify()).toMatchObject({ intact: true });
      process.stdout.write(
        [
          `fail-over: ${before} acknowledged before, ${load.acknowledged.length} in all,`,
          `ready ${Math.round(readyMs)} ms after the promotion,`,
          `${load.refusals.get(503)} answers of 503\n`,
        ].join(' '),
      );
    },
  );
});
