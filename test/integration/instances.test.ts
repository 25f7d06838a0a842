import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import { parseConversationId } from '../../src/domain/ids.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger, type OpenLedgerOptions } from '../../src/ledger/open-ledger.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { isSoak } from '../support/soak.ts';
import { openSilentCrm, spawnServe } from './serve-child.ts';
import {
  API_KEY,
  call,
  isVisible,
  json,
  startGrounds,
  startOn,
  type Grounds,
  type RunOptions,
  type Running,
} from './service-stage.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rapport-instances-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A call comes in; returns its id. */
function callIn({ emulator }: Grounds, n: number): string {
  return emulator.control.start({ queue: 'Support', from: customer(n).phone }).conversationId;
}

function writesTo({ emulator }: Grounds, conversationId: string): number {
  const requests = emulator.control.requests();
  return requests.filter(({ method, path }) => method === 'PATCH' && path.includes(conversationId))
    .length;
}

async function openChannels(url: string): Promise<number> {
  const response = await fetch(`${url}/metrics`, {
    headers: { authorization: `Bearer ${API_KEY}` },
  });
  return Number(/^rapport_channels_open (\d+)$/m.exec(await response.text())?.[1]);
}

/** An instance is ready before it listens while another one has that duty. */
async function untilListening(url: string): Promise<void> {
  while ((await openChannels(url)) === 0) await wait(20);
}

describe('a service that is started again on its ledger', () => {
  it('enriches the calls that came in while it was stopped, and those before them once', async () => {
    const store = `sqlite:${join(folder, 'ledger.db')}`;
    await using grounds = await startGrounds({ analytics: { queryDelayMs: 0 } });
    const { control } = grounds.emulator;
    let seen = '';
    {
      await using first = await startOn(grounds, { store });
      seen = callIn(grounds, 2);
      await first.until(isVisible(seen));
    }
    const missed = [callIn(grounds, 1), callIn(grounds, 2)];
    const over = callIn(grounds, 1);
    control.end(over);
    await using second = await startOn(grounds, { store });
    for (const id of missed) await second.until(isVisible(id));
    for (const id of missed) expect(writesTo(grounds, id)).toBe(1);
    expect(writesTo(grounds, over)).toBe(0);
    expect(writesTo(grounds, seen)).toBe(1);
  });
});

/** Ten seconds pass before a dead instance's work and duties are taken over; two and a half with these. */
const BEATS = isSoak ? undefined : { beatMs: 400, aliveMs: 2_000, holdMs: 1_500 };

async function ask(
  { service }: Running,
  path: string,
  body: unknown,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

/** A ledger that does not say whose the duty of listening is before it is told to. */
class Hesitant {
  readonly asked: PromiseWithResolvers<void> = Promise.withResolvers<void>();

  async open(options: OpenLedgerOptions, told: Promise<void>): Promise<Ledger> {
    const ledger = await openLedger(options);
    const hold = ledger.holdDuty.bind(ledger);
    ledger.holdDuty = async (name, forMs) => {
      if (name.startsWith('listen:')) {
        this.asked.resolve();
        await told;
      }
      return hold(name, forMs);
    };
    return ledger;
  }
}

describe('two services on one PostgreSQL', () => {
  it('are ready once one of them listens, and not before it is known which', async () => {
    await using database = await createTestDatabase();
    const store = database.url;
    await using grounds = await startGrounds();
    const told = Promise.withResolvers<void>();
    const ledgers = [new Hesitant(), new Hesitant()] as const;
    const start = (ledger: Hesitant): Promise<Running> =>
      startOn(grounds, {
        store,
        atOnce: true,
        parts: { openLedger: (options) => ledger.open(options, told.promise) },
      });
    await using here = await start(ledgers[0]);
    await using there = await start(ledgers[1]);
    // Closed first: whoever waits for an answer cannot stop.
    using release = new DisposableStack();
    release.defer(() => told.resolve());
    const both = [here, there];
    const readiness = (): Promise<unknown> =>
      Promise.all(both.map((one) => json(call(one, '/readyz'))));
    await Promise.all(ledgers.map(({ asked }) => asked.promise));
    const unready = { status: 'not ready', missing: ['notification channel'] };
    expect(await readiness()).toEqual([unready, unready]);

    told.resolve();
    await Promise.all(both.map(({ service }) => service.live));
    expect(await readiness()).toEqual([{ status: 'ready' }, { status: 'ready' }]);
    const channels = await Promise.all(both.map(({ service }) => openChannels(service.url)));
    expect(channels.toSorted((a, b) => a - b)).toEqual([0, 1]);
  });

  it('both forget a person whom one of them is told to erase, under every key of theirs', async () => {
    await using database = await createTestDatabase();
    const store = database.url;
    await using grounds = await startGrounds({ analytics: { queryDelayMs: 0 } });
    await using here = await startOn(grounds, { store });
    await using there = await startOn(grounds, { store });
    const { phone, id } = customer(1);
    const { conversationId } = grounds.emulator.control.start({ queue: 'Support', from: phone });
    await Promise.race([here, there].map((one) => one.until(isVisible(conversationId))));
    await ask(here, `/v1/conversations/${conversationId}/enrich?wait=settled`, { externalId: id });
    const asked = (): number => grounds.crm.answers.get(200) ?? 0;
    const lookUp = async (): Promise<unknown[]> => {
      const answers = [here, there].map((one) => ask(one, '/v1/lookup', { phone }));
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    expect(await lookUp()).toEqual(['found', 'found']);
    const before = asked();
    expect(await lookUp()).toEqual(['found', 'found']);
    expect(asked()).toBe(before);

    const forgot = new Promise<void>((resolve) => {
      there.service.ledger.onErasure(() => {
        resolve();
        return 0;
      });
    });
    const erased = await ask(here, '/v1/erasures', { customer: id });
    expect(erased).toMatchObject({ conversations: 1, instances: 1, keys: 2 });
    expect(erased['remembered']).toBeGreaterThan(0);
    await forgot;
    expect(await lookUp()).toEqual(['found', 'found']);
    expect(asked()).toBe(before + 2);
    expect(await here.service.ledger.audit.verify()).toMatchObject({ intact: true });
  });

  it('both take another mapping when one of them is told to read it', async () => {
    await using database = await createTestDatabase();
    const store = database.url;
    await using grounds = await startGrounds();
    let attributes: object | undefined;
    const options: RunOptions = {
      store,
      config: (config) => (attributes === undefined ? config : { ...config, attributes }),
    };
    await using here = await startOn(grounds, options);
    await using there = await startOn(grounds, options);
    attributes = { tier: { from: 'crm.membership_tier' } };
    const { phone } = customer(1);
    const look = async (one: Running): Promise<unknown> =>
      (await ask(one, '/v1/lookup', { phone }))['attributes'];
    expect(await look(there)).toHaveProperty(['crm.tier']);
    await ask(here, '/v1/reload', {});
    expect(await look(here)).toEqual({ tier: 'gold' });
    while (Object.hasOwn((await look(there)) as object, 'crm.tier')) await wait(50);
    expect(await look(there)).toEqual({ tier: 'gold' });
  });

  it('go on as one when the one that listens and works is killed', async () => {
    await using database = await createTestDatabase();
    const store = database.url;
    await using grounds = await startGrounds({ analytics: { queryDelayMs: 0 } });
    await using silent = await openSilentCrm();
    const { apiUrl } = grounds.emulator;
    await using killed = await spawnServe({
      folder,
      apiUrl,
      crmUrl: silent.url,
      store,
      beatTiming: BEATS,
    });
    await untilListening(killed.url);
    const underWay = callIn(grounds, 1);
    await silent.asked;

    await using left = await startOn(grounds, { store, parts: { beatTiming: BEATS } });
    expect(await openChannels(left.service.url)).toBe(0);
    expect((await left.service.ledger.find(parseConversationId(underWay)))?.phase).toBe('leased');
    await killed.kill();
    const unheard = callIn(grounds, 2);
    await left.until(isVisible(underWay));
    await left.until(isVisible(unheard));
    await untilListening(left.service.url);
    expect(writesTo(grounds, underWay)).toBe(1);
    expect(writesTo(grounds, unheard)).toBe(1);

    const heard = callIn(grounds, 1);
    await left.until(isVisible(heard));
  });
});
