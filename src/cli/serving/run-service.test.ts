import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEmulator } from '../../emulator/index.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly err: string;
}

/** `rapport serve` as a process of its own, until it ends by itself. */
async function serve(env: Record<string, string>): Promise<Ended> {
  const cwd = await mkdtemp(join(tmpdir(), 'rapport-serve-'));
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(cwd, { recursive: true, force: true });
  });
  const [err, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { status, err };
}

describe('rapport serve', () => {
  it.each([
    ['a queue that nobody has', { GENESYS_QUEUE_ID: 'Suport' }, 'Suport'],
    ['a refused sign-in', { GENESYS_CLIENT_SECRET: 'wrong' }, 'invalid_client'],
  ])('ends its process on %s, with the reason', async (_what, wrong, reason) => {
    await using emulator = await startEmulator();
    const { status, err } = await serve({
      GENESYS_CLIENT_ID: 'rapport-demo',
      GENESYS_CLIENT_SECRET: 'rapport-demo-secret',
      GENESYS_API_URL: emulator.apiUrl,
      GENESYS_QUEUE_ID: 'Support',
      CRM_API_ENDPOINT: 'http://127.0.0.1:9/{key}',
      RAPPORT_STORE: 'sqlite::memory:',
      RAPPORT_PORT: '0',
      ...wrong,
    });
    expect(status).toBe(2);
    expect(err).toContain(reason);
  });
});
