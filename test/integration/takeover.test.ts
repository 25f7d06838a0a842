import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import { parseConversationId } from '../../src/domain/ids.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { isSoak } from '../support/soak.ts';
import { openSilentCrm, spawnServe } from './serve-child.ts';
import { isVisible, startGrounds, startOn } from './service-stage.ts';

/** Real processes die and freeze in real time, ten seconds each. */
const ROUNDS = 3;
const TIMEOUT_MS = 300_000;
/** What is promised from a crash to the takeover, in milliseconds. */
const TAKEOVER_MS = 10_000;
/** How often this test looks, in milliseconds. */
const LOOK_MS = 20;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rapport-takeover-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Round {
  /** From the blow to the conversation's next lease, in milliseconds. */
  readonly tookMs: number;
  readonly writes: number;
}

/** One instance holds a conversation and waits for its CRM when it is struck; another is there. */
async function strike(signal: 'SIGKILL' | 'SIGSTOP'): Promise<Round> {
  await using database = await createTestDatabase();
  const store = database.url;
  await using grounds = await startGrounds({ analytics: { queryDelayMs: 0 } });
  await using silent = await openSilentCrm();
  const { apiUrl, control } = grounds.emulator;
  await using struck = await spawnServe({ folder, apiUrl, crmUrl: silent.url, store });
  const { conversationId } = control.start({ queue: 'Support', from: customer(1).phone });
  await silent.asked;
  await using left = await startOn(grounds, { store });
  const { ledger } = left.service;
  const find = () => ledger.find(parseConversationId(conversationId));
  while ((await find())?.phase !== 'leased') await wait(LOOK_MS);
  const fence = (await find())?.fence ?? 0;
  // The beat that counts may have come at any moment before: so does the blow.
  await wait(Math.random() * 2_000);

  process.kill(struck.pid, signal);
  const struckAt = performance.now();
  while (((await find())?.fence ?? 0) === fence) await wait(LOOK_MS);
  const tookMs = performance.now() - struckAt;
  await left.until(isVisible(conversationId));
  if (signal === 'SIGSTOP') {
    process.kill(struck.pid, 'SIGCONT');
    // It finds its lease lost, lets go, and beats again.
    const beats = left.service.ledger;
    const from = beats.now();
    while (beats.now() < from + 4_000) await wait(100);
  }
  const writes = control
    .requests()
    .filter(({ method, path }) => method === 'PATCH' && path.includes(conversationId)).length;
  expect((await find())?.phase).not.toBe('dead');
  return { tookMs, writes };
}

describe('two processes on one PostgreSQL, by the real clock', () => {
  it.runIf(isSoak).each(['SIGKILL', 'SIGSTOP'] as const)(
    'take over within ten seconds what one of them held that got a %s, and write once',
    { timeout: TIMEOUT_MS },
    async (signal) => {
      const rounds: Round[] = [];
      for (let n = 0; n < ROUNDS; n += 1) rounds.push(await strike(signal));
      const times = rounds.map(({ tookMs }) => Math.round(tookMs)).toSorted((a, b) => a - b);
      process.stdout.write(`takeover after ${signal}: ${times.join(', ')} ms\n`);
      expect(Math.max(...times)).toBeLessThanOrEqual(TAKEOVER_MS);
      // Less than a lease less a beat would mean that somebody was declared dead while it lived.
      expect(Math.min(...times)).toBeGreaterThan(5_000);
      expect(rounds.map(({ writes }) => writes)).toEqual(rounds.map(() => 1));
    },
  );
});
