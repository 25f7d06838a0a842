import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashKey } from '../access/keys.ts';
import { loadConfig } from '../config/load.ts';
import type { RapportConfig } from '../config/schema.ts';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, startEmulator } from '../emulator/index.ts';
import { aRequest, anOutcome, conversationId } from '../ledger/ledger.fixture.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { systemClock } from '../lib/clock.ts';
import { createIdSource } from '../lib/ids.ts';
import { silentLog } from '../lib/log.ts';
import { startService } from '../service/app.ts';
import { runCommand, type Ran } from './run-cli.fixture.ts';

const configText = (more = ''): string => `# kept as it is
genesys:
  apiUrl: \${API}
  auth: { type: client-credentials, clientId: \${ID}, clientSecret: \${SECRET} }
sources:
  crm:
    type: static
    values: { "+15551230001": { id: C1, membership_tier: gold } }
attributes:
  crm.tier: { from: crm.membership_tier, default: "a $\${sign}" } # the only one
statusKey: rapport.status
store: \${STORE}
service: { port: \${PORT}, apiKey: \${KEY} }
${more}`;

let cwd: string;
let env: Record<string, string>;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'rapport-operations-'));
  env = {
    API: 'http://127.0.0.1:9',
    ID: DEFAULT_CLIENT_ID,
    SECRET: DEFAULT_CLIENT_SECRET,
    PORT: '0',
    KEY: 'a-key-for-these-tests',
    STORE: `sqlite:${join(cwd, 'ledger.db')}`,
  };
  await writeFile(join(cwd, 'rapport.yaml'), configText());
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const run = (...args: readonly string[]): Promise<Ran> => runCommand(args, { env, cwd });

const jsonOf = ({ out }: Ran): unknown => JSON.parse(out);

/** A key's entry, as the configuration file holds it. */
const entryLine = (name: string): string =>
  `    - { name: ${name}, hash: "${hashKey(name)}", scopes: [ read ] } # of ${name}\n`;

const readAction = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(join(cwd, 'actions', name), 'utf8')) as unknown;

/** One conversation set aside, one enriched, and a message of each state that can be replayed. */
async function fill(ledger: Ledger): Promise<void> {
  await ledger.accept([aRequest({ conversationId: conversationId('given-up') })]);
  const [lost] = (await ledger.claim(1)).claims;
  if (lost !== undefined) await ledger.fail(lost, { reason: 'ERR_MAP', retryable: false });
  await ledger.accept([aRequest({ conversationId: conversationId('fine') })]);
  const [good] = (await ledger.claim(1)).claims;
  if (good === undefined) throw new Error('the request is not due');
  await ledger.settle(good, {
    outcome: anOutcome(good),
    persons: [{ kind: 'customer', value: 'C1' }],
    outbox: [{ destination: 'analytics', type: 'enriched', body: { tier: 'gold' } }],
  });
  const [message] = (await ledger.outbox.claim(1)).messages;
  if (message !== undefined) {
    await ledger.outbox.settle(message.id, { kind: 'dead', status: '410 gone' });
  }
}

const openFile = (): Promise<Ledger> =>
  openLedger({
    store: env['STORE'] ?? '',
    clock: systemClock,
    newId: createIdSource(systemClock),
    random: Math.random,
  });

async function fillFile(): Promise<void> {
  await using ledger = await openFile();
  await fill(ledger);
}

describe('rapport keys', () => {
  it('prints a key once, with the entry that lets it in', async () => {
    const args = ['keys', 'create', 'ivr', '--scope', 'lookup', 'events', '--json'];
    const made = await run(...args, '--expires', '2030-01-01T00:00:00Z');
    const { key, entry } = jsonOf(made) as { key: string; entry: { hash: string } };
    expect(entry).toEqual({
      name: 'ivr',
      hash: hashKey(key),
      scopes: ['lookup', 'events'],
      expiresAt: '2030-01-01T00:00:00.000Z',
    });
    const text = await run('keys', 'create', 'ivr', '--scope', 'lookup');
    await writeFile(join(cwd, 'rapport.yaml'), configText(text.out));
    const shown = /rk_\S+/.exec(text.err)?.[0] ?? '';
    expect(shown).toMatch(/^rk_[\w-]{43}$/);
    // By itself `rk_` may stand in the hash.
    expect(text.out).not.toContain(shown);
    expect(loadConfig({ cwd, env }).config.access.keys).toMatchObject([{ hash: hashKey(shown) }]);
  });

  it('lists the keys, and revokes one without touching the rest of the file', async () => {
    const withBoth = configText(`access:\n  keys:\n${entryLine('ivr')}${entryLine('bi')}`);
    await writeFile(join(cwd, 'rapport.yaml'), withBoth);
    expect(jsonOf(await run('keys', 'list', '--json'))).toMatchObject([
      { name: 'ivr' },
      { name: 'bi' },
    ]);
    expect((await run('keys', 'list')).out).toContain('(service.apiKey)');
    expect(await run('keys', 'revoke', 'ivr')).toMatchObject({ status: 0, err: '' });
    const left = await readFile(join(cwd, 'rapport.yaml'), 'utf8');
    expect(left).toBe(configText(`access:\n  keys:\n${entryLine('bi')}`));
    expect((await run('keys', 'revoke', 'ivr')).status).toBe(2);
    expect((await run('keys', 'revoke', 'bi')).status).toBe(0);
    expect(await readFile(join(cwd, 'rapport.yaml'), 'utf8')).toBe(configText(''));
  });

  it('revokes a key of the service that runs, at once', async () => {
    await using emulator = await startEmulator();
    env['API'] = emulator.apiUrl;
    const { key, entry } = jsonOf(
      await run('keys', 'create', 'bi', '--scope', 'stats', '--json'),
    ) as { key: string; entry: object };
    const keys = `access:\n  keys:\n    - ${JSON.stringify(entry)}\n`;
    await writeFile(join(cwd, 'rapport.yaml'), configText(keys));
    const load = (): RapportConfig => loadConfig({ cwd, env }).config;
    await using service = await startService(load(), {
      clock: systemClock,
      random: Math.random,
      log: silentLog,
      loadConfig: load,
    });
    env['PORT'] = new URL(service.url).port;
    const status = async (): Promise<number> =>
      (await fetch(`${service.url}/v1/stats`, { headers: { authorization: `Bearer ${key}` } }))
        .status;
    expect(await status()).toBe(200);
    expect((await run('keys', 'revoke', 'bi')).out).toContain('in force: access');
    expect(await status()).toBe(401);
    const reloaded = jsonOf(await run('config', 'reload', '--json'));
    expect(reloaded).toMatchObject({ kind: 'read', report: { applied: [] } });
  });

  it.each([
    ['no scope', ['ivr']],
    ['a scope that is none', ['ivr', '--scope', 'everything']],
    ['an end without a zone', ['ivr', '--scope', 'read', '--expires', '2030-01-01T00:00:00']],
    ['a name that is none', ['i v r', '--scope', 'read']],
  ])('makes no key for %s', async (_what, args) => {
    const { status, out, err } = await run('keys', 'create', ...args);
    expect([status, out]).toEqual([2, '']);
    expect(err).not.toContain('rk_');
  });
});

describe('rapport data-action export', () => {
  it('writes both actions, with an output for each attribute', async () => {
    const args = ['data-action', 'export', '--url', 'https://rapport.example'];
    const { status } = await run(...args, '--out', 'actions');
    expect(status).toBe(0);
    expect(await readAction('rapport-enrich.custom.json')).toMatchObject({ actionType: 'custom' });
    const lookup = await readAction('rapport-lookup.custom.json');
    expect(lookup).toMatchObject({
      config: { request: { requestUrlTemplate: 'https://rapport.example/v1/lookup' } },
      contract: {
        output: { successSchema: { properties: { crm_tier: {}, rapport_status: {} } } },
      },
    });
    const printed = jsonOf(await run(...args)) as Record<string, unknown>;
    expect(printed['rapport-lookup.custom.json']).toEqual(lookup);
  });

  it('refuses an address that the platform would not call', async () => {
    const ran = await run('data-action', 'export', '--url', 'http://rapport.example');
    expect(ran).toMatchObject({ status: 2, out: '' });
  });
});

describe('rapport stats', () => {
  it('tells the success rate and how long requests took', async () => {
    await fillFile();
    const stats = jsonOf(await run('stats', '--json'));
    expect(stats).toMatchObject({
      successRate: 0.5,
      outcomes: { enriched: 1, failed: 1 },
      requestMs: { samples: 2, p50: expect.any(Number), p99: expect.any(Number) },
      phases: { dead: 1 },
      outbox: { dead: 1 },
    });
    expect((await run('stats')).out).toMatch(/success rate +50\.00 %/);
  });
});

describe('rapport conversations and deliveries', () => {
  it('lists what was set aside and has it worked on again, once', async () => {
    await fillFile();
    const dead = ['conversations', 'list', '--phase', 'dead', '--json'];
    expect(jsonOf(await run(...dead))).toMatchObject([{ id: 'given-up', reason: 'ERR_MAP' }]);
    expect((await run('conversations', 'list')).out).toMatch(/given-up +dead.*ERR_MAP/);
    expect((await run('conversations', 'replay', 'given-up')).status).toBe(0);
    expect(jsonOf(await run(...dead))).toEqual([]);
    expect((await run(...dead.slice(0, -1))).out).toBe('No conversation is dead.\n');
    const again = await run('conversations', 'replay', 'given-up');
    expect(again).toMatchObject({ status: 2, err: expect.stringContaining('not set aside') });
  });

  it('lists messages without their bodies, and sends a dead one again', async () => {
    await fillFile();
    const list = ['deliveries', 'list', '--state', 'dead'];
    const listed = await run(...list, '--json');
    expect(listed.out).not.toContain('gold');
    const [message] = jsonOf(listed) as readonly { readonly id: string }[];
    expect((await run(...list)).out).toContain('410 gone');
    const replayed = await run('deliveries', 'replay', message?.id ?? '', '--json');
    expect(jsonOf(replayed)).toEqual({ id: message?.id, state: 'waiting' });
    expect(jsonOf(await run(...list, '--json'))).toEqual([]);
    expect((await run(...list)).out).toMatch(/^No such message/);
    expect((await run('deliveries', 'replay', 'nothing')).status).toBe(2);
  });

  it('does all of it through a service that holds the ledger', async () => {
    await using emulator = await startEmulator();
    env['API'] = emulator.apiUrl;
    await fillFile();
    const { config } = loadConfig({ cwd, env });
    await using service = await startService(config, {
      clock: systemClock,
      random: Math.random,
      log: silentLog,
    });
    env['PORT'] = new URL(service.url).port;
    const [message] = await service.ledger.outbox.list({ state: 'dead' });
    expect(await run('deliveries', 'replay', message?.id ?? '')).toMatchObject({ err: '' });
    const waiting = await service.ledger.outbox.list({ state: 'waiting' });
    expect(waiting.map(({ id }) => id)).toEqual([message?.id]);
    expect((await run('deliveries', 'replay', 'nothing')).err).toContain('no dead or sent');
    expect(await run('conversations', 'replay', 'given-up')).toMatchObject({ err: '' });
    expect((await run('conversations', 'replay', 'fine')).err).toContain('not set aside');
    const erased = jsonOf(await run('erase', '--customer', 'C1', '--json'));
    expect(erased).toMatchObject({ conversations: 1, messages: 1, remembered: 0 });
  });

  it.each([
    ['config', 'reload'],
    ['erase', '--customer', 'C1'],
    ['conversations', 'replay', 'given-up'],
    ['deliveries', 'replay', 'some-id'],
  ])('sends %s %s to no program that is not the service, nor a key', async (...args) => {
    const keys: unknown[] = [];
    const other = createServer(({ headers }, response) => {
      keys.push(headers.authorization);
      response.end('{}');
    });
    await once(other.listen(0, '127.0.0.1'), 'listening');
    // What listens on a port has an address with one.
    env['PORT'] = String((other.address() as AddressInfo).port);
    await using held = await openFile();
    expect(held.leases).toBe('process');
    const { status, out, err } = await run(...args).finally(() => other.close());
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain('is another program');
    expect(keys).toEqual([undefined]);
  });

  it('does not take the service of another ledger for that of its own', async () => {
    await using emulator = await startEmulator();
    env['API'] = emulator.apiUrl;
    await fillFile();
    const { config } = loadConfig({ cwd, env });
    await using other = await startService(
      { ...config, store: 'sqlite::memory:' },
      { clock: systemClock, random: Math.random, log: silentLog },
    );
    env['PORT'] = new URL(other.url).port;
    await using held = await openFile();
    expect(held.leases).toBe('process');
    const { status, err } = await run('erase', '--customer', 'C1');
    expect(status).toBe(2);
    expect(err).toContain('is that of another ledger');
  });

  it.each([['audit', 'list'], ['audit', 'verify'], ['erase', '--customer', 'C1'], ['stats']])(
    'says of %s %s that a store in memory is kept nowhere',
    async (...args) => {
      env['STORE'] = 'sqlite::memory:';
      const { status, out, err } = await run(...args);
      expect([status, out]).toEqual([2, '']);
      expect(err).toContain('which lives in the memory of the service and nowhere else');
    },
  );

  it('says of a ledger that nobody has worked on that it is empty', async () => {
    await writeFile(join(cwd, 'ledger.db'), '');
    const { status, err } = await run('audit', 'list');
    expect(status).toBe(2);
    expect(err).toContain('has no tables yet: nothing has been kept in it');
  });
});
