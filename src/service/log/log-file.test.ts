import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { openLogFile } from './log-file.ts';

it('has written every line, in order, once it is disposed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rapport-log-'));
  try {
    const path = join(folder, 'log');
    const lines = Array.from({ length: 5000 }, (_, n) => `line ${n} ${'x'.repeat(n % 100)}\n`);
    const file = openLogFile(openSync(path, 'a'), systemClock);
    for (const line of lines) file.write(line);
    await file[Symbol.asyncDispose]();
    expect(await readFile(path, 'utf8')).toBe(lines.join(''));
    expect(file.dropped).toBe(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
