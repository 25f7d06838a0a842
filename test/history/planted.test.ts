import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { createIdSource } from '../../src/lib/ids.ts';
import { aRequest } from '../../src/ledger/ledger.fixture.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { ledgerOver, openStore, type OpenLedgerOptions } from '../../src/ledger/open-ledger.ts';
import type { Statement, Unit } from '../../src/ledger/sql/statement.ts';
import type { Store } from '../../src/ledger/sql/store.ts';
import type { Claim } from '../../src/ledger/turn.ts';
import { check } from './checker.ts';
import { readFinalState } from './final-state.ts';
import { valueFor, type HistoryEvent } from './history.ts';
import { settlementOf } from './stub-turn.ts';
import { aroundUnits, operationOf, sharedNow } from './watched.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rapport-planted-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Plant = (store: Store) => Store;
const sound: Plant = (store) => store;

/** One small life of a ledger: accept, a turn that is taken over, a late settle, a crash, the rest. */
async function live(plant: Plant): Promise<string[]> {
  const options: OpenLedgerOptions = {
    store: `sqlite:${join(folder, 'ledger.db')}`,
    clock: systemClock,
    newId: createIdSource(systemClock),
    random: () => 0,
  };
  const history: HistoryEvent[] = [];
  const values = new Map<string, string>();
  {
    const store = await openStore(options, false);
    const ledger = await ledgerOver(plant(store), options);
    await ask(ledger, 'c1', history);
    const late = await begin(ledger, history);
    await ledger.takeOver();
    const next = await begin(ledger, history);
    await end(ledger, late, history);
    write(next, history, values);
    await end(ledger, next, history);
    await ask(ledger, 'c2', history);
    // The process is gone; nothing is closed in order.
    await store[Symbol.asyncDispose]();
  }
  const ledger = await ledgerOver(await openStore(options, false), options);
  await drain(ledger, history, values);
  const state = await readFinalState(ledger, values);
  await ledger[Symbol.asyncDispose]();
  return check(history, state);
}

async function ask(ledger: Ledger, name: string, history: HistoryEvent[]): Promise<void> {
  const request = aRequest({ conversationId: name as never });
  const [accepted] = await ledger.accept([request]);
  history.push({
    kind: 'acknowledged',
    asked: request.id,
    answered: accepted?.id ?? '',
    conversationId: name,
    dedupeKey: request.dedupeKey,
  });
}

async function begin(ledger: Ledger, history: HistoryEvent[]): Promise<Claim> {
  const { claims } = await ledger.claim(1);
  const [claim] = claims;
  if (claim === undefined) throw new Error('nothing was due');
  const { conversationId, fence, arrivals } = claim;
  const at = sharedNow();
  history.push({ kind: 'began', instance: 'i1', conversationId, fence, arrivals, at });
  return claim;
}

function write(claim: Claim, history: HistoryEvent[], values: Map<string, string>): void {
  const { conversationId, fence, arrivals } = claim;
  const value = valueFor(arrivals);
  values.set(conversationId, value);
  history.push({
    kind: 'written',
    instance: 'i1',
    conversationId,
    fence,
    value,
    at: sharedNow(),
  });
}

async function end(ledger: Ledger, claim: Claim, history: HistoryEvent[]): Promise<void> {
  const { conversationId, fence } = claim;
  const at = sharedNow();
  const ended = await ledger.settle(claim, settlementOf(claim));
  history.push({ kind: 'ended', instance: 'i1', conversationId, fence, at, end: ended });
}

async function drain(
  ledger: Ledger,
  history: HistoryEvent[],
  values: Map<string, string>,
): Promise<void> {
  while ((await ledger.depth()) > 0) {
    const claim = await begin(ledger, history);
    write(claim, history, values);
    await end(ledger, claim, history);
  }
}

/** The settle's first statement, with neither owner nor fence in its condition. */
const withoutFence: Plant = (store) => aroundUnits(store, (unit, run) => run(unit.map(dropFence)));

function dropFence(statement: Statement): Statement {
  if (statement.query.name !== 'settle.release') return statement;
  const text: Statement['query']['text'] = (dialect) => {
    const compiled = statement.query.text(dialect);
    return {
      ...compiled,
      text: compiled.text.replace(
        /and fence = (\S+ as bigint\))\s+and owner = (\S+ as text\)) and phase = 'leased'/,
        'and $1 is not null and $2 is not null',
      ),
    };
  };
  return { ...statement, query: { name: 'planted.release', text } };
}

/** Says yes before the commit, and then the process dies before it. */
const earlyAnswer: Plant = (store) =>
  aroundUnits(store, (unit, run) =>
    operationOf(unit) === 'accept' && isFor(unit, 'c2')
      ? Promise.resolve(unit.map(() => []))
      : run(unit),
  );

const isFor = (unit: Unit, name: string): boolean => unit[0]?.params['conversationId'] === name;

const withoutOutbox: Plant = (store) =>
  aroundUnits(store, (unit, run) =>
    run(unit.filter(({ query: { name } }) => name !== 'write.outbox')),
  );

describe('check', () => {
  it('finds nothing wrong with a ledger that keeps its promise', async () => {
    expect(await live(sound)).toEqual([]);
  });

  it('catches a settle that does not look at its fence', async () => {
    const faults = await live(withoutFence);
    expect(faults).toContain('c1 was settled under fence 1 after a claim with 2');
  });

  it('catches an acknowledgement that came before the commit', async () => {
    const faults = await live(earlyAnswer);
    expect(faults).toEqual([expect.stringMatching(/was acknowledged and is not in the ledger/)]);
  });

  it('catches a settle that skips the outbox', async () => {
    const faults = await live(withoutOutbox);
    expect(faults).toContain('c1 fence 2 has 0 outbox messages');
  });
});
