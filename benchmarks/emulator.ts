/**
 * How much the emulator bears: live conversations held, requests per second on them, and whether
 * its memory stays flat. Loopback only; stops by itself.
 *
 *     npm run bench:emulator -- [--conversations 10000] [--churn 50] [--rate 2000] [--seconds 30]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { WebSocket } from 'ws';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET } from '../src/emulator/index.ts';
import type { HostMessage, HostOrder, Ids } from './emulator-host.ts';

const MIB = 1024 * 1024;
/** Memory counts as flat when it grows by less than this share of what it was after the warm-up. */
const FLAT_SHARE = 0.1;
/** The rate counts as reached when this share of the requests was answered in time. */
const REACHED_SHARE = 0.99;
const TICK_MS = 10;
const WARM_UP_SECONDS = 5;

interface Options {
  readonly conversations: number;
  readonly churn: number;
  readonly rate: number;
  readonly seconds: number;
}

interface Usage {
  readonly cpuSeconds: number;
  readonly heapMiB: number;
  readonly rssMiB: number;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      conversations: { type: 'string', default: '10000' },
      churn: { type: 'string', default: '50' },
      rate: { type: 'string', default: '2000' },
      seconds: { type: 'string', default: '30' },
    },
  });
  return {
    conversations: Number(values.conversations),
    churn: Number(values.churn),
    rate: Number(values.rate),
    seconds: Number(values.seconds),
  };
}

async function heard<Kind extends HostMessage['kind']>(
  host: ChildProcess,
  kind: Kind,
): Promise<Extract<HostMessage, { readonly kind: Kind }>> {
  for (;;) {
    const [message] = (await once(host, 'message')) as [HostMessage];
    if (message.kind === kind) return message as Extract<HostMessage, { readonly kind: Kind }>;
  }
}

async function usageOf(host: ChildProcess): Promise<Usage> {
  host.send('usage');
  const { heapBytes, rssBytes, cpuSeconds } = await heard(host, 'usage');
  return { heapMiB: Math.round(heapBytes / MIB), rssMiB: Math.round(rssBytes / MIB), cpuSeconds };
}

/** Sends requests on a schedule that does not wait for answers, and times each from when it was due. */
class Load {
  readonly #pool: Pool;
  readonly #token: string;
  readonly #ids: readonly Ids[];
  #sent = 0;
  latenciesMs: number[] = [];
  failures = 0;

  constructor(url: string, token: string, ids: readonly Ids[]) {
    this.#pool = new Pool(url, { connections: 64 });
    this.#token = token;
    this.#ids = ids;
  }

  async run(rate: number, seconds: number): Promise<void> {
    const startMs = performance.now();
    const total = rate * seconds;
    const open = new Set<Promise<void>>();
    for (let due = 0; due < total; await wait(TICK_MS)) {
      const elapsedMs = performance.now() - startMs;
      for (; due < total && due < (elapsedMs / 1000) * rate; due++) {
        const request = this.#send(startMs + (due / rate) * 1000);
        open.add(request);
        void request.finally(() => open.delete(request));
      }
    }
    await Promise.all(open);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #send(dueMs: number): Promise<void> {
    const n = this.#sent++;
    const { conversationId, participantId } = this.#ids[n % this.#ids.length] ?? {};
    const one = `/api/v2/conversations/${conversationId}`;
    const isWrite = n % 2 === 1;
    const { statusCode, body } = await this.#pool.request({
      method: isWrite ? 'PATCH' : 'GET',
      path: isWrite ? `${one}/participants/${participantId}/attributes` : one,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: isWrite ? JSON.stringify({ attributes: { 'crm.tier': `tier ${n % 7}` } }) : null,
    });
    await body.dump();
    if (statusCode >= 300) this.failures += 1;
    this.latenciesMs.push(performance.now() - dueMs);
  }
}

async function signIn(url: string): Promise<string> {
  const response = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${DEFAULT_CLIENT_ID}:${DEFAULT_CLIENT_SECRET}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });
  const { access_token: token } = (await response.json()) as { readonly access_token: string };
  return token;
}

/** Listens to the queue of all conversations, as a service would, and counts the frames. */
async function listen(
  url: string,
  token: string,
): Promise<{ readonly frames: () => number; readonly close: () => void }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    return (await fetch(`${url}/api/v2/${path}`, init)).json();
  };
  const queues = (await call('GET', 'routing/queues?name=Support')) as {
    readonly entities: readonly { readonly id: string }[];
  };
  const channel = (await call('POST', 'notifications/channels')) as {
    readonly id: string;
    readonly connectUri: string;
  };
  const topic = `v2.routing.queues.${queues.entities[0]?.id}.conversations`;
  await call('POST', `notifications/channels/${channel.id}/subscriptions`, [{ id: topic }]);
  const socket = new WebSocket(channel.connectUri);
  await once(socket, 'open');
  let frames = 0;
  socket.on('message', () => (frames += 1));
  return { frames: () => frames, close: () => socket.close() };
}

const quantile = (sorted: readonly number[], share: number): number =>
  Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) * 10) / 10;

async function measure(host: ChildProcess, options: Options): Promise<boolean> {
  const { conversations, churn, rate, seconds } = options;
  host.send({ conversations, churn } satisfies HostOrder);
  const { url, conversationIds } = await heard(host, 'listening');
  const token = await signIn(url);
  const listener = await listen(url, token);
  const load = new Load(url, token, conversationIds);
  await load.run(rate, WARM_UP_SECONDS);
  const before = await usageOf(host);
  load.latenciesMs = [];
  const startMs = performance.now();
  await load.run(rate, seconds);
  const tookSeconds = (performance.now() - startMs) / 1000;
  const after = await usageOf(host);
  await load.close();
  listener.close();
  const sorted = load.latenciesMs.toSorted((a, b) => a - b);
  const reached = Math.round(sorted.length / tookSeconds);
  const growth = after.heapMiB / before.heapMiB - 1;
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  console.log(
    [
      `live conversations    ${conversations}, and ${churn} more beginning and ending each second`,
      `requests              ${sorted.length} in ${tookSeconds.toFixed(1)} s: ${reached}/s of ${rate}/s, half reads, half writes`,
      `failures              ${load.failures}`,
      `latency p50/p95/p99   ${quantile(sorted, 0.5)} / ${quantile(sorted, 0.95)} / ${quantile(sorted, 0.99)} ms from the instant each was due`,
      `processor time        ${cpuSeconds.toFixed(1)} s: one core bears ${Math.round(sorted.length / cpuSeconds)} requests/s`,
      `frames received       ${listener.frames()}`,
      `heap after collection ${before.heapMiB} → ${after.heapMiB} MiB, resident ${before.rssMiB} → ${after.rssMiB} MiB`,
    ].join('\n'),
  );
  return load.failures === 0 && reached >= rate * REACHED_SHARE && growth < FLAT_SHARE;
}

const host = fork(fileURLToPath(new URL('emulator-host.ts', import.meta.url)));
const isGood = await measure(host, readOptions());
host.send('stop');
await once(host, 'exit');
console.log(isGood ? 'reached' : 'missed');
process.exitCode = isGood ? 0 : 1;
