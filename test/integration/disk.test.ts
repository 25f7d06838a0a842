import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import { parseConversationId, parseEnrichmentId } from '../../src/domain/ids.ts';
import { API_KEY, startGrounds, startOn, type Running } from './service-stage.ts';

/** A small file system of its own; unmounted with it. */
class Disk implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'rapport-disk-'));

  constructor(size: string) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', this.path], {
      stdio: 'ignore',
    });
  }

  remount(mode: 'ro' | 'rw'): void {
    execFileSync('mount', ['-o', `remount,${mode}`, this.path]);
  }

  /** Takes all the room that is left. */
  fill(): void {
    const file = openSync(join(this.path, 'ballast'), 'a');
    try {
      for (const bytes of [65_536, 4_096, 1]) writeUntilFull(file, Buffer.alloc(bytes));
    } finally {
      closeSync(file);
    }
  }

  async empty(): Promise<void> {
    await rm(join(this.path, 'ballast'));
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['-l', this.path]);
    rmSync(this.path, { recursive: true });
  }
}

function writeUntilFull(file: number, chunk: Buffer): void {
  try {
    for (;;) writeSync(file, chunk);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}

function mayMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    using disk = new Disk('64k');
    return disk.path !== '';
  } catch {
    return false;
  }
}

const CAN_MOUNT = mayMount();
const where = CAN_MOUNT ? '' : ' (skipped: only root on Linux, with the right to mount, can try)';

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

async function call({ service }: Running, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${service.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${API_KEY}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, retryAfter, body: (await response.json()) as Answer['body'] };
}

describe(`a service on a real disk${where}`, () => {
  it.runIf(CAN_MOUNT)(
    'refuses with the reason while the disk is full, is not ready, and is both again with room',
    async () => {
      using disk = new Disk('4m');
      await using grounds = await startGrounds({ analytics: { queryDelayMs: 0 } });
      await using running = await startOn(grounds, {
        store: `sqlite:${join(disk.path, 'ledger.db')}`,
      });
      const calls = [1, 2, 3, 4].map(
        (n) =>
          grounds.emulator.control.start({ queue: 'Support', from: customer(n).phone })
            .conversationId,
      );
      const ask = (i: number) =>
        call(running, `/v1/conversations/${calls[i % calls.length]}/enrich`, {
          externalId: `C-${'x'.repeat(400)}-${i}`,
        });
      const acknowledged: string[] = [];
      const note = (answer: Answer): number => {
        if (answer.status === 202) acknowledged.push(String(answer.body['enrichmentId']));
        return answer.status;
      };
      while ((await call(running, '/readyz')).status !== 200) await wait(20);
      expect(note(await ask(0))).toBe(202);

      disk.fill();
      let refusal = await ask(1);
      for (let i = 2; note(refusal) === 202; i += 1) refusal = await ask(i);
      expect(refusal).toMatchObject({
        status: 503,
        retryAfter: '2',
        body: {
          code: 'ERR_LEDGER_WRITE',
          detail: expect.stringContaining('full'),
          nextStep: 'Free space on the disk of the ledger.',
        },
      });
      expect(await call(running, '/readyz')).toMatchObject({
        status: 503,
        body: { missing: ['ledger: its disk is full'] },
      });
      expect((await call(running, '/healthz')).status).toBe(200);

      await disk.empty();
      while ((await call(running, '/readyz')).status !== 200) await wait(50);
      expect(note(await ask(99))).toBe(202);
      const { ledger } = running.service;
      for (const id of acknowledged) {
        while ((await ledger.request(parseEnrichmentId(id)))?.outcome === undefined) await wait(20);
      }
      for (const id of calls) {
        const outcomes = await ledger.outcomes(parseConversationId(id));
        expect(new Set(outcomes.map(({ fence }) => fence)).size).toBe(outcomes.length);
      }
    },
  );

  it.runIf(CAN_MOUNT)(
    'does not start on a disk that is mounted read-only, and says so',
    async () => {
      using disk = new Disk('4m');
      const store = `sqlite:${join(disk.path, 'ledger.db')}`;
      await using grounds = await startGrounds();
      {
        await using running = await startOn(grounds, { store });
        expect((await call(running, '/healthz')).status).toBe(200);
      }
      disk.remount('ro');
      await expect(startOn(grounds, { store })).rejects.toMatchObject({
        code: 'ERR_LEDGER_OPEN',
        message: expect.stringContaining(disk.path),
      });
      disk.remount('rw');
      await using running = await startOn(grounds, { store });
      expect((await call(running, '/healthz')).status).toBe(200);
    },
  );
});
