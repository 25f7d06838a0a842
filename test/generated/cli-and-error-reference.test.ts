import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CLI_REFERENCE_FILE, renderCliReference } from '../../scripts/generate-cli-reference.ts';
import {
  ERROR_REFERENCE_FILE,
  quotedCodes,
  renderErrorReference,
} from '../../scripts/generate-error-reference.ts';
import {
  METRICS_REFERENCE_FILE,
  renderMetricsReference,
} from '../../scripts/generate-metrics-reference.ts';

describe('docs/reference/cli.md', () => {
  it('is current; after a change run `npm run generate`', async () => {
    const checkedIn = await readFile(CLI_REFERENCE_FILE, 'utf8');
    expect(checkedIn).toBe(renderCliReference());
  });

  it('says something of every argument and option', () => {
    const rows = renderCliReference().split('\n');
    expect(rows.filter((line) => /^\| `[^|]+` \|\s*\|/.test(line))).toEqual([]);
  });
});

describe('docs/reference/errors.md', () => {
  it('is current; after a change run `npm run generate`', async () => {
    const checkedIn = await readFile(ERROR_REFERENCE_FILE, 'utf8');
    expect(checkedIn).toBe(await renderErrorReference());
  });

  it('lists every code that the source knows', async () => {
    const page = await renderErrorReference();
    const codes = [...(await quotedCodes())];
    expect(codes.length).toBeGreaterThan(80);
    expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  it('says of every code what happened', async () => {
    const rows = (await renderErrorReference()).split('\n');
    expect(rows.filter((row) => /^\| `[^|]+` \| +\|/.test(row))).toEqual([]);
  });

  it('lists no beginning of a code as if it were one', async () => {
    expect(await renderErrorReference()).not.toMatch(/ERR_[A-Z_]*_`/);
  });

  it('cuts no text in the middle of what is filled in', async () => {
    expect(await renderErrorReference()).not.toMatch(/\$\{|=>/);
  });
});

describe('docs/reference/metrics.md', () => {
  it('is current; after a change run `npm run generate`', async () => {
    expect(await readFile(METRICS_REFERENCE_FILE, 'utf8')).toBe(renderMetricsReference());
  });
});
