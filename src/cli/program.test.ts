import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator } from '../emulator/index.ts';
import { runCommand, type Ran } from './run-cli.fixture.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'rapport-cli-'));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const run = (args: string, env: Record<string, string> = {}): Promise<Ran> =>
  runCommand(
    args.split(' ').filter((word) => word !== ''),
    { env, cwd },
  );

describe('rapport', () => {
  it('shows its commands and exits 0 when asked for help', async () => {
    const { status, out } = await run('--help');
    expect(status).toBe(0);
    expect(out).toMatch(/demo.*\n(.*\n)*.*emulator/);
  });

  it.each([
    ['no command at all', ''],
    ['an unknown command', 'demmo'],
    ['an unknown flag', 'demo --ones'],
    ['a port that is none', 'emulator --port 70000'],
    ['a port that is no number', 'emulator --port http'],
    ['a configuration that is not there', 'serve --config nowhere.yaml'],
    ['no configuration', 'serve'],
    ['nobody to erase', 'erase'],
    ['a pair without =', 'attributes set c1 crm.tier'],
    ['nothing to set', 'attributes set c1'],
  ])('exits 2 on %s, with a word about what to do', async (_what, args) => {
    const { status, err } = await run(args);
    expect(status).toBe(2);
    expect(err).not.toBe('');
    expect(err).not.toContain('    at ');
  });

  it('suggests the command that was meant', async () => {
    expect((await run('demmo')).err).toContain('Did you mean demo');
  });

  it('says which port is busy and what to do', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { status, err } = await run(`emulator --port ${port}`);
    other.close();
    expect(status).toBe(2);
    expect(err).toContain(String(port));
  });

  it('tells wrong credentials, an unknown region, and a folder it may not write to apart', async () => {
    await using emulator = await startEmulator();
    const good = {
      GENESYS_CLIENT_ID: 'rapport-demo',
      GENESYS_CLIENT_SECRET: 'rapport-demo-secret',
      GENESYS_API_URL: emulator.apiUrl,
      GENESYS_QUEUE_ID: 'Support',
      CRM_API_ENDPOINT: 'http://127.0.0.1:9/{key}',
      RAPPORT_STORE: 'sqlite::memory:',
      RAPPORT_PORT: '0',
    };
    const wrongSecret = await run('serve', { ...good, GENESYS_CLIENT_SECRET: 'wrong' });
    expect(wrongSecret).toMatchObject({ status: 2, err: expect.stringContaining('region') });
    const { GENESYS_API_URL: _, ...noUrl } = good;
    const wrongRegion = await run('serve', { ...noUrl, GENESYS_ENVIRONMENT: 'mypurecloud.con' });
    expect(wrongRegion).toMatchObject({
      status: 2,
      err: expect.stringContaining('mypurecloud.com'),
    });
    const noFolder = await run('serve', { ...good, RAPPORT_STORE: 'sqlite:/proc/rapport/x.db' });
    expect(noFolder).toMatchObject({ status: 2, err: expect.stringContaining('/proc/rapport') });
  });
});
