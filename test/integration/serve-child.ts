import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { SIGN_IN } from '../fixtures/client.ts';
import type { BeatTiming } from '../../src/engine/instance.ts';
import { API_KEY } from './service-stage.ts';

const CHILD = fileURLToPath(new URL('./instance-child.ts', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** A CRM that takes every question and answers none. */
export interface SilentCrm extends AsyncDisposable {
  readonly url: string;
  /** Resolves with the first question. */
  readonly asked: Promise<void>;
}

export async function openSilentCrm(): Promise<SilentCrm> {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const server = createServer(() => resolve());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/{key}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

export interface ServeChild extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** `kill -9`; resolves once the process is gone. */
  kill(): Promise<void>;
}

export interface ServeOptions {
  /** Where its configuration is written. */
  readonly folder: string;
  readonly apiUrl: string;
  readonly crmUrl: string;
  readonly store: string;
  /** In the place of the service's own, so that a death is noticed sooner. */
  readonly beatTiming?: BeatTiming | undefined;
}

/** `rapport serve` as a process of its own. */
export async function spawnServe({
  folder,
  apiUrl,
  crmUrl,
  store,
  beatTiming,
}: ServeOptions): Promise<ServeChild> {
  const file = join(folder, 'rapport.json');
  const config = {
    genesys: { apiUrl, auth: { ...SIGN_IN, clientSecret: '${SECRET}' } },
    listen: { queues: ['Support', 'Sales'] },
    sources: { crm: { type: 'http', url: crmUrl, timeoutMs: 60_000 } },
    attributes: { 'crm.tier': { from: 'crm.membership_tier' } },
    store: '${STORE}',
    service: { port: 0, apiKey: '${KEY}' },
  };
  await writeFile(file, JSON.stringify(config));
  const serve = [MAIN, 'serve', '--config', file, '--json'];
  const args = beatTiming === undefined ? serve : [CHILD, file, JSON.stringify(beatTiming)];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, SECRET: SIGN_IN.clientSecret, STORE: store, KEY: API_KEY },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const url = await listeningUrl(child.stderr);
  return { url, pid: child.pid ?? 0, kill, [Symbol.asyncDispose]: kill };
}

/** Reads the log to its end, whoever still listens: a pipe that nobody empties would hold the child up. */
function listeningUrl(log: Readable): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  const lines = createInterface({ input: log });
  lines.on('line', (line) => {
    said += `${line}\n`;
    const url = /"event":"service.listening".*"url":"([^"]+)"/.exec(line)?.[1];
    if (url !== undefined) resolve(url);
  });
  lines.once('close', () => reject(new Error(`rapport serve ended: ${said}`)));
  return promise;
}
