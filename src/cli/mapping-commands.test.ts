import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, startEmulator } from '../emulator/index.ts';
import { runCommand, type Ran } from './run-cli.fixture.ts';

const GENESYS =
  'genesys: { apiUrl: ${API}, auth: { type: client-credentials, clientId: ${ID}, clientSecret: ${SECRET} } }';

const CONFIG = `${GENESYS}
sources:
  crm:
    type: static
    values: { "+15551230001": { id: C1, membership_tier: gold, vip: maybe } }
attributes:
  crm.tier: { from: crm.membership_tier, default: standard }
  crm.vip: { from: crm.vip, type: boolean }
tests:
  - name: a gold customer
    given: { crm: { membership_tier: gold } }
    expect: { crm.tier: gold }
`;

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'rapport-mapping-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const write = (text: string): Promise<void> => writeFile(join(cwd, 'rapport.yaml'), text);

const run = (args: readonly string[], apiUrl = 'http://127.0.0.1:9'): Promise<Ran> =>
  runCommand(args, {
    env: { API: apiUrl, ID: DEFAULT_CLIENT_ID, SECRET: DEFAULT_CLIENT_SECRET },
    cwd,
  });

describe('rapport inspect', () => {
  it('document 002: reports on a live conversation without writing to it', async () => {
    await using emulator = await startEmulator();
    const { conversationId } = emulator.control.start({ queue: 'Support', from: '+15551230001' });
    await write(CONFIG);
    const { status, out, err } = await run(['inspect', conversationId], emulator.apiUrl);
    expect(err).toBe('');
    expect(status).toBe(0);
    expect(out).toContain('Key          phone "+15551230001"');
    expect(out).toMatch(/crm\.tier +"gold" +- +auto +string +OK +write/);
    expect(out).toMatch(/crm\.vip +- +- +boolean +string +MISMATCH +none/);
    expect(out).toContain('Would send   {"attributes":{"crm.tier":"gold"}}');
    const methods = emulator.control.requests().map(({ method }) => method);
    expect(methods).not.toContain('PATCH');
    expect(emulator.control.attributes(conversationId)).toEqual({});
  });

  it('gives the same as JSON, masked when asked', async () => {
    await using emulator = await startEmulator();
    const { conversationId } = emulator.control.start({ queue: 'Support', from: '+15551230001' });
    await write(CONFIG);
    const { out } = await run(['inspect', conversationId, '--json', '--mask'], emulator.apiUrl);
    expect(JSON.parse(out)).toMatchObject({
      conversationId,
      result: 'enriched',
      patch: { 'crm.tier': '•••' },
    });
    expect(out).not.toMatch(/gold|5551230001/);
  });

  it('shows which key each source was asked by', async () => {
    await using emulator = await startEmulator();
    const { conversationId } = emulator.control.start({ queue: 'Support', from: '+15551230001' });
    const orders =
      'orders: { type: static, key: [phone], values: { "+15551230001": { open: 3 } } }';
    await write(
      CONFIG.replace('sources:', `sources:\n  ${orders}`).replace(
        'attributes:',
        'attributes:\n  orders.open: { from: orders.open, type: integer }',
      ),
    );
    const args = ['inspect', conversationId, '--external-id', 'C7'];
    const { status, out, err } = await run(args, emulator.apiUrl);
    expect([status, err]).toEqual([0, '']);
    expect(out).toContain('Key          externalId "C7"');
    expect(out).toContain('Key          orders: phone "+15551230001"');
    expect(out).toMatch(/Source {7}orders: found by phone from source in \d+ ms/);
    expect(out).toMatch(/Source {7}crm: not-found by externalId from source in \d+ ms/);
    expect(out).toContain('Would send   {"attributes":{"orders.open":"3"}}');
  });

  it('goes on after a conversation that cannot be read, and exits 1', async () => {
    await using emulator = await startEmulator();
    const { conversationId } = emulator.control.start({ queue: 'Support', from: '+15551230001' });
    const missing = '00000000-0000-4000-8000-000000000000';
    await write(CONFIG);
    const text = await run(['inspect', missing, conversationId], emulator.apiUrl);
    expect(text.status).toBe(1);
    expect(text.out).toContain(`Conversation ${conversationId}`);
    expect(text.err).toContain(`rapport: conversation ${missing}: `);
    const json = await run(['inspect', missing, conversationId, '--json'], emulator.apiUrl);
    expect([json.status, JSON.parse(json.out)]).toMatchObject([
      1,
      [
        { conversationId: missing, error: { code: 'ERR_GENESYS_NOT_FOUND' } },
        { conversationId, result: 'enriched' },
      ],
    ]);
  });

  it('stops at once when the platform cannot be reached at all', async () => {
    await write(CONFIG);
    const { status, out, err } = await run(['inspect', 'c1', 'c2']);
    expect([status, out]).toEqual([1, '']);
    expect(err.match(/^rapport: /gm)).toHaveLength(1);
  });

  it('exits 1 for a customer whom nobody knows', async () => {
    await using emulator = await startEmulator();
    const { conversationId } = emulator.control.start({ queue: 'Support', from: '+15551239999' });
    await write(CONFIG);
    const { status, out } = await run(['inspect', conversationId], emulator.apiUrl);
    expect([status, out.split('\n')[1]]).toEqual([
      1,
      'Result       not-found, not-found, no source knows the customer',
    ]);
  });
});

describe('rapport test', () => {
  it('exits 0 when every case passes', async () => {
    await write(CONFIG);
    expect(await run(['test'])).toMatchObject({
      status: 0,
      out: 'ok   a gold customer\n1 case, 1 passed, 0 failed\n',
    });
  });

  it('exits 1 and shows the difference when one fails', async () => {
    await write(CONFIG.replace('expect: { crm.tier: gold }', 'expect: { crm.tier: silver }'));
    const { status, out } = await run(['test', 'rapport.yaml']);
    expect([status, out]).toEqual([1, expect.stringContaining('- "silver"\n         + "gold"')]);
  });

  it('holds the cases against a flow in a file', async () => {
    await write(CONFIG);
    const schema = { type: 'object', properties: { 'crm.tier': { type: 'integer' } } };
    await writeFile(join(cwd, 'flow.json'), JSON.stringify({ id: 'f1', inputSchema: schema }));
    const { status, out } = await run(['test', '--flow', 'flow.json']);
    expect([status, out]).toEqual([1, expect.stringContaining('flow f1 declares integer')]);
    expect(await run(['test', '--flow', 'none.json'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('cannot read a flow from'),
    });
  });

  it('exits 2 on a configuration without cases', async () => {
    await write(`${GENESYS}\n`);
    expect(await run(['test'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('no cases'),
    });
  });
});

describe('rapport config', () => {
  it('check says that a configuration is good', async () => {
    await write(CONFIG);
    const { status, out } = await run(['config', 'check']);
    expect([status, out]).toEqual([
      0,
      expect.stringContaining('good; sources: 1, attributes: 2, cases: 1'),
    ]);
  });

  it('check exits 2 with every problem, also as JSON', async () => {
    await write(
      CONFIG.replace('from: crm.membership', 'from: cmr.membership').replace(
        'type: boolean',
        'type: bool',
      ),
    );
    const { status, err } = await run(['config', 'check']);
    expect(status).toBe(2);
    expect(err).toContain('did you mean boolean?');
    expect(err).toContain('reads cmr, which is no source; did you mean crm?');
    const json = await run(['config', 'check', '--json']);
    expect(json.status).toBe(2);
    expect(JSON.parse(json.out)).toMatchObject({
      ok: false,
      problems: [
        { path: 'attributes["crm.tier"].from', line: 7 },
        { path: 'attributes["crm.vip"].type', line: 8 },
      ],
    });
  });

  it('explain lists every option with its origin, and no secret', async () => {
    await write(CONFIG);
    const { out } = await run(['config', 'explain']);
    expect(out).toMatch(/genesys\.auth\.clientId +"rapport-demo" +line 1, from ID/);
    expect(out).toMatch(/genesys\.timeoutMs +10000 +default/);
    expect(out).not.toContain(DEFAULT_CLIENT_SECRET);
  });

  it('schema prints a JSON Schema', async () => {
    const { status, out } = await run(['config', 'schema']);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      type: 'object',
      required: expect.arrayContaining(['genesys']),
    });
  });
});
