import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { PATIENCE_MS } from '../support/patience.ts';
import { writeConfig, type Env, type Stage } from './stage.ts';

/** For what a command or the service is to do. */
export const POLL: { readonly timeout: number; readonly interval: number } = {
  timeout: PATIENCE_MS,
  interval: 20,
};

/** The service in this process, listening to the queue, with one key to write. */
export async function serve(
  stage: Stage,
  { proveMs = 60_000 }: { readonly proveMs?: number } = {},
): Promise<{
  readonly env: Env;
  readonly stop: () => void;
  readonly stopped: Promise<unknown>;
}> {
  const port = await freePort();
  const written = await writeConfig(
    stage,
    { proveMs, settleMs: 100 },
    {
      listen: { queues: ['Support'] },
      service: { port, apiKey: '${SERVICE_KEY}' },
      sources: { crm: { type: 'static', values: { '+12125550101': { tier: 'gold' } } } },
      attributes: { 'crm.tier': { from: 'crm.tier' } },
      store: `sqlite:${join(stage.cwd, 'rapport.db')}`,
    },
  );
  const given = { ...written, SERVICE_KEY: 'a-key-of-the-stage-that-is-long-enough' };
  const asked = new AbortController();
  const stopped = stage.rapport(['serve'], given, { signal: asked.signal });
  const listening = vi.waitFor(() => {
    expect(stage.emulator.control.world().channels).toMatchObject([{ connected: true }]);
  }, POLL);
  const early = stopped.then(({ err }) => Promise.reject(new Error(err)));
  await Promise.race([listening, early]);
  early.catch(() => undefined);
  return { env: given, stop: () => asked.abort(), stopped };
}

/** A port that is free now; the commands find the service by its number. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
