import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { createIdSource } from '../../lib/ids.ts';
import { aRequest, conversationId, settleOne } from '../ledger.fixture.ts';
import { openLedger, openLedgerReader, type OpenLedgerOptions } from '../open-ledger.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rapport-ledger-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (path: string): OpenLedgerOptions => ({
  store: `sqlite:${path}`,
  clock: systemClock,
  newId: createIdSource(systemClock),
  random: () => 0,
});

/** A process that holds the lock of `ledger.db` and does nothing else. */
async function holdElsewhere(path: string): Promise<{ pid: number; kill(): Promise<void> }> {
  const script = `
    import { takeLock } from ${JSON.stringify(new URL('./lock-file.ts', import.meta.url).href)};
    globalThis.lock = takeLock(${JSON.stringify(path)}, { pid: process.pid, since: 'today' });
    process.stdout.write('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return {
    pid: child.pid ?? 0,
    kill: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  };
}

describe('openLedger on a file', () => {
  it('refuses a second process, says who holds the file, and opens once that was killed', async () => {
    const path = join(folder, 'ledger.db');
    const holder = await holdElsewhere(path);
    await expect(openLedger(at(path))).rejects.toMatchObject({
      code: 'ERR_LEDGER_LOCKED',
      message: `the ledger ${path} is in use by process ${holder.pid}, which started at today`,
    });
    await holder.kill();
    await using ledger = await openLedger(at(path));
    expect(await ledger.depth()).toBe(0);
  });

  it('lets a reader in beside the service, who can change nothing', async () => {
    const path = join(folder, 'ledger.db');
    await using ledger = await openLedger(at(path));
    await ledger.accept([aRequest()]);
    await using reader = await openLedgerReader(at(path));
    expect(await reader.find(conversationId('c1'))).toMatchObject({ phase: 'due', arrivals: 1 });
    await ledger.accept([aRequest()]);
    expect(await reader.find(conversationId('c1'))).toMatchObject({ arrivals: 2 });
  });

  it('has nothing of a person in its files once they are erased', async () => {
    const path = join(folder, 'ledger.db');
    await using ledger = await openLedger(at(path));
    const phone = '+15551230001';
    const texts = async (): Promise<string> =>
      (await Promise.all([path, `${path}-wal`].map((file) => readFile(file, 'latin1')))).join('');
    await ledger.accept([aRequest({ body: { phone } })]);
    await settleOne(ledger, 'c1', { persons: [{ kind: 'phone', value: phone }] });
    expect(await texts()).toContain(phone);
    await ledger.erase({ persons: [{ kind: 'phone', value: phone }], actor: 'key:dpo' });
    expect(await texts()).not.toContain(phone);
  });

  it('is readable by its owner alone', async () => {
    const path = join(folder, 'ledger.db');
    await using ledger = await openLedger(at(path));
    await ledger.accept([aRequest()]);
    for (const file of [path, `${path}-wal`, `${path}-shm`, `${path}.lock`]) {
      expect([file, (await stat(file)).mode & 0o777]).toEqual([file, 0o600]);
    }
  });

  it('names the path when it cannot be opened', async () => {
    const missing = join(folder, 'nowhere', 'ledger.db');
    await expect(openLedger(at(missing))).rejects.toMatchObject({
      code: 'ERR_LEDGER_OPEN',
      message: expect.stringContaining(missing),
    });
    const text = join(folder, 'text.db');
    await writeFile(text, 'this is not a database, whatever it is called'.repeat(100));
    await expect(openLedger(at(text))).rejects.toMatchObject({ code: 'ERR_LEDGER_OPEN' });
    await mkdir(join(folder, 'folder.db'));
    await expect(openLedger(at(join(folder, 'folder.db')))).rejects.toMatchObject({
      code: 'ERR_LEDGER_OPEN',
    });
  });

  it('takes back at start what the last process left leased', async () => {
    const path = join(folder, 'ledger.db');
    {
      await using ledger = await openLedger(at(path));
      await ledger.accept([aRequest()]);
      expect((await ledger.claim(1)).claims).toHaveLength(1);
    }
    await using ledger = await openLedger(at(path));
    const { claims } = await ledger.claim(1);
    expect(claims[0]).toMatchObject({ fence: 2, attempts: 2, tookOver: true });
    expect(claims[0]?.earlierTurnAt).toBeTypeOf('number');
  });
});
