/**
 * How fast and how cheap the real service is: `rapport serve` as a process of its own, on a SQLite
 * file, triggered over HTTP at a steady rate, against a platform and a CRM that each take a set time.
 *
 *     npm run bench:service -- [--rate 50] [--seconds 20] [--platform-ms 40] [--crm-ms 20]
 *
 * Trigger → PATCH counts from the instant a trigger was due to the arrival of its write at the
 * platform. Its physical minimum is one read of the conversation and one lookup. Processor time
 * and memory are read from /proc, and so only on Linux.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET } from '../src/emulator/index.ts';
import { percentile } from '../src/lib/percentile.ts';
import type { HostMessage, HostOrder } from './service-host.ts';

const API_KEY = 'the-key-of-the-benchmark';
const WARM_UP_SECONDS = 3;
/** What is still under way after the last trigger is given this long, in milliseconds. */
const DRAIN_MS = 5000;
const TICK_MS = 2;
/** Unit of times in /proc, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

interface Options {
  readonly rate: number;
  readonly seconds: number;
  readonly platformMs: number;
  readonly crmMs: number;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '50' },
      seconds: { type: 'string', default: '20' },
      'platform-ms': { type: 'string', default: '40' },
      'crm-ms': { type: 'string', default: '20' },
    },
  });
  return {
    rate: Number(values.rate),
    seconds: Number(values.seconds),
    platformMs: Number(values['platform-ms']),
    crmMs: Number(values['crm-ms']),
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

interface Serve {
  readonly url: string;
  readonly child: ChildProcess;
}

async function startServe(
  folder: string,
  urls: { apiUrl: string; crmUrl: string },
): Promise<Serve> {
  const file = join(folder, 'rapport.json');
  const auth = {
    type: 'client-credentials',
    clientId: DEFAULT_CLIENT_ID,
    clientSecret: '${SECRET}',
  };
  const config = {
    genesys: { apiUrl: urls.apiUrl, auth },
    sources: { crm: { type: 'http', url: urls.crmUrl } },
    attributes: {
      'crm.tier': { from: 'crm.membership_tier' },
      'crm.lastInteraction': { from: 'crm.last_call_date' },
    },
    store: `sqlite:${join(folder, 'ledger.db')}`,
    service: { port: 0, apiKey: '${KEY}' },
  };
  await writeFile(file, JSON.stringify(config));
  const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, 'serve', '--config', file, '--json'], {
    env: { ...process.env, SECRET: DEFAULT_CLIENT_SECRET, KEY: API_KEY },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  for await (const line of createInterface({ input: child.stderr })) {
    said += `${line}\n`;
    const url = /"event":"service.listening".*"url":"([^"]+)"/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stderr.resume();
    return { url, child };
  }
  throw new Error(`rapport serve ended: ${said}`);
}

interface Triggers {
  /** When each conversation's trigger was due, in epoch milliseconds. */
  readonly dueAt: ReadonlyMap<string, number>;
  readonly failures: number;
}

/** Sends on a schedule that does not wait for answers. */
async function trigger(url: string, ids: readonly string[], rate: number): Promise<Triggers> {
  const pool = new Pool(url, { connections: 32 });
  const dueAt = new Map<string, number>();
  let failures = 0;
  const send = async (id: string): Promise<void> => {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: `/v1/conversations/${id}/enrich`,
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: '{}',
    });
    await body.dump();
    if (statusCode !== 202) failures += 1;
  };
  const open: Promise<void>[] = [];
  const startMs = performance.now();
  for (let next = 0; next < ids.length; await wait(TICK_MS)) {
    for (; next < ids.length; next += 1) {
      const due = startMs + (next / rate) * 1000;
      const id = ids[next];
      if (id === undefined || due > performance.now()) break;
      dueAt.set(id, performance.timeOrigin + due);
      open.push(send(id));
    }
  }
  await Promise.all(open);
  await pool.close();
  return { dueAt, failures };
}

interface Usage {
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

async function usageOf(pid: number): Promise<Usage | undefined> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
    ]);
    // The fields after the name, which may hold spaces: utime and stime are the 12th and 13th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    const peakKiB = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]);
    return { cpuSeconds: ticks / TICKS_PER_SECOND, peakMiB: peakKiB / 1024 };
  } catch {
    return undefined;
  }
}

async function measure(host: ChildProcess, serve: Serve, ids: readonly string[]): Promise<void> {
  const { rate, seconds, platformMs, crmMs } = options;
  const warmUp = rate * WARM_UP_SECONDS;
  await trigger(serve.url, ids.slice(0, warmUp), rate);
  await wait(DRAIN_MS);
  const pid = serve.child.pid ?? 0;
  const before = await usageOf(pid);
  const { dueAt, failures } = await trigger(serve.url, ids.slice(warmUp), rate);
  await wait(DRAIN_MS);
  const after = await usageOf(pid);
  host.send('writes');
  const { firstAt, total } = await heard(host, 'writes');
  const took = [...dueAt].flatMap(([id, at]) => {
    const writtenAt = firstAt[id];
    return writtenAt === undefined ? [] : [writtenAt - at];
  });
  const minimumMs = platformMs + crmMs;
  const at = (share: number): string => (percentile(took, share) ?? Number.NaN).toFixed(1);
  const own = ((percentile(took, 0.5) ?? Number.NaN) - minimumMs).toFixed(1);
  const cpu =
    before && after ? ((after.cpuSeconds - before.cpuSeconds) / dueAt.size) * 1000 : Number.NaN;
  console.log(
    [
      `triggers                 ${dueAt.size} at ${rate}/s for ${seconds} s; platform ${platformMs} ms, CRM ${crmMs} ms`,
      `not taken / not written  ${failures} / ${dueAt.size - took.length}; written more than once: ${total - Object.keys(firstAt).length}`,
      `trigger → PATCH p50/p99  ${at(0.5)} / ${at(0.99)} ms; own share of the p50: ${own} ms over ${minimumMs}`,
      `processor time           ${cpu.toFixed(2)} s per 1,000, proof reads included`,
      `resident memory, peak    ${after?.peakMiB.toFixed(0) ?? 'unknown'} MiB`,
      `machine                  ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}, load before ${loadBefore.toFixed(1)}`,
    ].join('\n'),
  );
  process.exitCode = failures === 0 && took.length === dueAt.size ? 0 : 1;
}

const options = readOptions();
const loadBefore = loadavg()[0] ?? Number.NaN;
const folder = await mkdtemp(join(tmpdir(), 'rapport-bench-'));
const host = fork(fileURLToPath(new URL('service-host.ts', import.meta.url)));
host.send({
  conversations: options.rate * (options.seconds + WARM_UP_SECONDS),
  platformMs: options.platformMs,
  crmMs: options.crmMs,
} satisfies HostOrder);
const { apiUrl, crmUrl, conversationIds } = await heard(host, 'listening');
const serve = await startServe(folder, { apiUrl, crmUrl });
try {
  await measure(host, serve, conversationIds);
} finally {
  const exited = once(serve.child, 'exit');
  serve.child.kill('SIGTERM');
  await exited;
  host.send('stop');
  await once(host, 'exit');
  await rm(folder, { recursive: true, force: true });
}
