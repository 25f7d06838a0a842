import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SIGN_IN } from '../../../../test/fixtures/client.ts';
import { loadConfig } from '../../../config/load.ts';
import { startEmulator, type Emulator } from '../../../emulator/index.ts';
import type { AuditRecord } from '../../../ledger/reading/records.ts';
import { systemClock } from '../../../lib/clock.ts';
import { silentLog } from '../../../lib/log.ts';
import { startService } from '../../../service/app.ts';
import { runCommand, type Ran } from '../../run-cli.fixture.ts';

let cwd: string;
let emulator: Emulator;
let env: Record<string, string>;

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'rapport-set-'));
  emulator = await startEmulator({ attributes: { lagMs: 5 } });
  env = {
    RAPPORT_STORE: `sqlite:${join(cwd, 'ledger.db')}`,
    RAPPORT_API_KEY: 'a-key-for-these-tests',
    SECRET: SIGN_IN.clientSecret,
  };
  const config = {
    genesys: {
      apiUrl: emulator.apiUrl,
      auth: { ...SIGN_IN, clientSecret: '${SECRET}' },
    },
    listen: { queues: ['Support'] },
    sources: { crm: { type: 'static', values: {} } },
    attributes: { 'crm.tier': { from: 'crm.tier' } },
  };
  await writeFile(join(cwd, 'rapport.yaml'), JSON.stringify(config));
});
afterEach(async () => {
  await emulator[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true, force: true });
});

async function run(...args: readonly string[]): Promise<Ran> {
  const ran = await runCommand(args, { env, cwd });
  expect(ran.err).toBe('');
  return ran;
}

async function audited(conversationId: string): Promise<readonly AuditRecord[]> {
  const { out } = await run('audit', 'list', '--conversation', conversationId, '--json');
  return JSON.parse(out) as readonly AuditRecord[];
}

async function findings(conversationId: string): Promise<unknown> {
  const { out } = await run('verify', conversationId, 'crm.tier', '--json');
  const { keys } = JSON.parse(out) as { keys: { origin: string; finding: string }[] };
  return keys.map(({ origin, finding }) => [origin, finding]);
}

const callIn = (): string => emulator.control.start({ queue: 'Support' }).conversationId;

describe('rapport attributes set', () => {
  it('puts its write on the record of a ledger that is at hand, which then knows it for ours', async () => {
    await run('migrate');
    const conversationId = callIn();
    const set = (text: string) => run('attributes', 'set', conversationId, text);
    expect((await set('crm.tier=gold')).status).toBe(0);
    expect((await set('crm.tier=silver')).status).toBe(0);
    const rows = (await audited(conversationId)).filter(({ action }) => action === 'set');
    expect(rows.map(({ actor }) => actor)).toEqual(['command line', 'command line']);
    expect(rows[0]?.keys).toMatchObject([{ key: 'crm.tier', digest: expect.any(String) }]);
    expect(JSON.stringify(rows)).not.toContain('silver');
    expect(await findings(conversationId)).toEqual([['ours', 'visible']]);
    emulator.control.writeAttributes(conversationId, { 'crm.tier': 'bronze' });
    expect(await findings(conversationId)).toEqual([['ours', 'different']]);
  });

  it('writes through the service that holds the ledger, which does not take it for somebody else’s', async () => {
    const { config } = loadConfig({ cwd, env: { ...env, RAPPORT_PORT: '0' } });
    await using service = await startService(config, {
      clock: systemClock,
      random: () => 0,
      log: silentLog,
    });
    env['RAPPORT_PORT'] = new URL(service.url).port;
    const conversationId = callIn();
    const { status, out } = await run(
      'attributes',
      'set',
      conversationId,
      'crm.note=hello',
      '--json',
    );
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ keys: [{ key: 'crm.note', state: 'visible' }] });
    const rows = await audited(conversationId);
    expect(rows.map(({ actor }) => actor)).toContain('key:master');
    expect(rows.flatMap(({ keys }) => keys)).toMatchObject([
      { key: 'crm.note', digest: expect.any(String) },
    ]);
    expect(rows.map(({ action }) => action)).not.toContain('overwritten');
  });

  it('makes no ledger where there is none', async () => {
    const conversationId = callIn();
    expect((await run('attributes', 'set', conversationId, 'crm.tier=gold')).status).toBe(0);
    expect(await findings(conversationId)).toEqual([['others', 'visible']]);
  });
});
