import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/index.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly err: string;
}

/** `rapport serve` as a process of its own, until it ends by itself or is asked to at an event of its log. */
async function serve(env: Record<string, string>, stopAt?: string): Promise<Ended> {
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
  child.stderr.on('data', (chunk: Buffer) => {
    if (stopAt !== undefined && chunk.includes(`"event":"${stopAt}"`)) child.kill('SIGTERM');
  });
  const [err, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { status, err };
}

/** The lines of the log; what the command itself says is for people. */
const linesOf = (err: string): readonly Record<string, unknown>[] =>
  err
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const environment = ({ apiUrl }: Emulator): Record<string, string> => ({
  GENESYS_CLIENT_ID: 'rapport-demo',
  GENESYS_CLIENT_SECRET: 'rapport-demo-secret',
  GENESYS_API_URL: apiUrl,
  GENESYS_QUEUE_ID: 'Support',
  CRM_API_ENDPOINT: 'http://127.0.0.1:9/{key}',
  RAPPORT_STORE: 'sqlite::memory:',
  RAPPORT_PORT: '0',
});

describe('rapport serve', () => {
  it.each([
    ['a queue that nobody has', { GENESYS_QUEUE_ID: 'Suport' }, 'Suport'],
    ['a refused sign-in', { GENESYS_CLIENT_SECRET: 'wrong' }, 'invalid_client'],
  ])('ends its process on %s, with the reason', async (_what, wrong, reason) => {
    await using emulator = await startEmulator();
    const { status, err } = await serve({ ...environment(emulator), ...wrong });
    expect(status).toBe(2);
    expect(err).toContain(reason);
    const failed = linesOf(err).find(({ event }) => event === 'service.failed');
    expect(failed).toMatchObject({
      level: 'error',
      message: expect.stringContaining(reason),
      nextStep: expect.any(String),
    });
  });

  it('says in its log when it is ready, and ends in good order when it is asked to', async () => {
    await using emulator = await startEmulator();
    const { status, err } = await serve(environment(emulator), 'service.ready');
    expect(status).toBe(0);
    const events = linesOf(err).map(({ event }) => event);
    expect(events.indexOf('service.ready')).toBeGreaterThan(events.indexOf('channel.live'));
    expect(events.at(-1)).toBe('service.stopped');
  });
});
