/**
 * How much the emulator bears: live conversations held, requests per second on them, and whether
 * its memory stays flat. Loopback only; stops by itself.
 *
 *     npm run bench:emulator -- [--conversations 10000] [--churn 50] [--rate 2000] [--seconds 30]
 */
import { once } from 'node:events';
import { Pool } from 'undici';
import { WebSocket } from 'ws';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET } from '../../src/emulator/index.ts';
import { percentile } from '../../src/lib/percentile.ts';
import { readFlags } from '../kit/flags.ts';
import { Host } from '../kit/host.ts';
import { now } from '../kit/instant.ts';
import { machine } from '../kit/machine.ts';
import { atRate, type Rate } from '../kit/rate.ts';
import type { EmulatorQuestions, Ids } from './host.ts';

/** Memory counts as flat when it grows by less than this share of what it was after the warm-up. */
const FLAT_SHARE = 0.1;
/** The rate counts as reached when this share of the requests was answered in time. */
const REACHED_SHARE = 0.99;
const WARM_UP_SECONDS = 5;

/** Requests by turns: a read of a conversation, then a write to the next. */
class Load {
  readonly #pool: Pool;
  readonly #token: string;
  readonly #ids: readonly Ids[];
  #sent = 0;
  /** From the instant that each was due, so that a stall shows in all that it delayed. */
  latenciesMs: number[] = [];
  failures = 0;

  constructor(url: string, token: string, ids: readonly Ids[]) {
    this.#pool = new Pool(url, { connections: 64 });
    this.#token = token;
    this.#ids = ids;
  }

  run(rate: Rate): Promise<void> {
    return atRate(rate, (_, dueAt) => this.#send(dueAt));
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #send(dueAt: number): Promise<void> {
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
    this.latenciesMs.push(now() - dueAt);
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

async function measure(host: Host<EmulatorQuestions>): Promise<boolean> {
  const { conversations, churn, rate, seconds } = numbers;
  const listening = await host.ask('start', { conversations, churn });
  const token = await signIn(listening.url);
  const listener = await listen(listening.url, token);
  const load = new Load(listening.url, token, listening.conversations);
  await load.run({ perSecond: rate, count: rate * WARM_UP_SECONDS });
  const before = await host.ask('usage', undefined);
  load.latenciesMs = [];
  const startedAt = now();
  await load.run({ perSecond: rate, count: rate * seconds });
  const tookSeconds = (now() - startedAt) / 1000;
  const after = await host.ask('usage', undefined);
  await load.close();
  listener.close();
  const count = load.latenciesMs.length;
  const reached = Math.round(count / tookSeconds);
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  const at = (share: number): string => (percentile(load.latenciesMs, share) ?? 0).toFixed(1);
  console.log(
    [
      `live conversations    ${conversations}, and ${churn} more beginning and ending each second`,
      `machine               ${circumstances}`,
      `requests              ${count} in ${tookSeconds.toFixed(1)} s: ${reached}/s of ${rate}/s, half reads, half writes`,
      `failures              ${load.failures}`,
      `latency p50/p95/p99   ${at(0.5)} / ${at(0.95)} / ${at(0.99)} ms from the instant each was due`,
      `processor time        ${cpuSeconds.toFixed(1)} s: one core bears ${Math.round(count / cpuSeconds)} requests/s`,
      `frames received       ${listener.frames()}`,
      `heap after collection ${before.heapMiB.toFixed(0)} → ${after.heapMiB.toFixed(0)} MiB, resident ${before.residentMiB.toFixed(0)} → ${after.residentMiB.toFixed(0)} MiB`,
    ].join('\n'),
  );
  const isFlat = after.heapMiB / before.heapMiB - 1 < FLAT_SHARE;
  return load.failures === 0 && reached >= rate * REACHED_SHARE && isFlat;
}

const { numbers } = readFlags({ conversations: 10_000, churn: 50, rate: 2000, seconds: 30 }, {});
const circumstances = machine();
await using host = new Host<EmulatorQuestions>(new URL('host.ts', import.meta.url));
const isGood = await measure(host);
console.log(isGood ? 'reached' : 'missed');
process.exitCode = isGood ? 0 : 1;
