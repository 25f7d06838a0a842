import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createTestDatabase } from '../../../test/support/postgres.ts';
import { loadConfig } from '../../config/load.ts';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, startEmulator } from '../../emulator/index.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { startService } from '../../service/app.ts';
import { runCommand } from '../run-cli.fixture.ts';

const CONFIG = `
genesys:
  apiUrl: \${API}
  auth: { type: client-credentials, clientId: \${ID}, clientSecret: \${SECRET} }
listen: { queues: [ Support ] }
sources:
  crm:
    type: static
    values: { '+15551230001': { tier: gold }, C7: { tier: silver } }
attributes:
  crm.tier: { from: crm.tier }
store: \${STORE}
service: { port: 0, apiKey: '\${KEY}' }
`;

it('hears of what a service on the same ledger did of a run, or saw of its keys', async () => {
  await using database = await createTestDatabase();
  await using emulator = await startEmulator();
  const cwd = await mkdtemp(join(tmpdir(), 'rapport-beside-'));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  await writeFile(join(cwd, 'rapport.yaml'), CONFIG);
  const env = {
    API: emulator.apiUrl,
    ID: DEFAULT_CLIENT_ID,
    SECRET: DEFAULT_CLIENT_SECRET,
    STORE: database.url,
    KEY: 'a-key-for-these-tests',
  };
  const listens = Promise.withResolvers<void>();
  const seen = Promise.withResolvers<void>();
  const { config } = loadConfig({ cwd, env });
  await using service = await startService(config, {
    clock: systemClock,
    random: Math.random,
    log: { ...silentLog, info: (event) => event === 'channel.live' && listens.resolve() },
    onProgress: ({ entries }) => {
      if (entries.some(({ state }) => state === 'visible')) seen.resolve();
    },
  });
  await Promise.all([service.live, listens.promise]);
  const { conversationId } = emulator.control.start({ queue: 'Support', from: '+15551230001' });
  await seen.promise;
  // The service listens to this conversation, so that whoever writes, it is the one that sees the proof.
  const order = ['enrich', conversationId, '--external-id', 'C7', '--timeout', '20', '--json'];
  const { status, out } = await runCommand(order, { env, cwd });
  expect(JSON.parse(out)).toMatchObject({
    conversations: [{ conversationId, result: 'enriched', keys: { 'crm.tier': 'visible' } }],
  });
  expect(status).toBe(0);
});
