import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../lib/manual-clock.ts';
import { aLookup } from '../../lookup.fixture.ts';
import type { LookupAnswer } from '../../lookup.ts';
import { createLookups } from '../../lookups.ts';
import { sourceOptionsSchema } from '../../options.ts';
import { CsvError, CsvParser } from './csv-parser.ts';

function parse(text: string, delimiter = ',', piece = text.length): string[][] {
  const records: string[][] = [];
  const parser = new CsvParser(delimiter, (fields) => records.push([...fields]));
  for (let at = 0; at < text.length; at += Math.max(1, piece)) {
    parser.push(text.slice(at, at + Math.max(1, piece)));
  }
  parser.end();
  return records;
}

describe('CsvParser', () => {
  it.each([
    [
      'plain fields',
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['every kind of line end', 'a\r\nb\nc\rd', [['a'], ['b'], ['c'], ['d']]],
    ['quotes around what separates', '"a,b","c\r\nd"', [['a,b', 'c\r\nd']]],
    ['quotes within quotes', '"say ""hi"""', [['say "hi"']]],
    ['a quote in the middle of a bare field', '5" tube,x', [['5" tube', 'x']]],
    [
      'empty fields',
      ',\n"",',
      [
        ['', ''],
        ['', ''],
      ],
    ],
    ['blank lines', '\na\n\n\nb\n', [['a'], ['b']]],
  ])('reads %s', (_name, text, records) => {
    expect(parse(text)).toEqual(records);
  });

  it('says in which line it lost its way', () => {
    expect(() => parse('a\n"b\nc')).toThrow(
      new CsvError('the quotes that open in line 2 never close'),
    );
    expect(() => parse('a\n\n"b"c')).toThrow(new CsvError('text follows closing quotes in line 3'));
  });

  it('reads back whatever was written, in pieces of any size', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é') });
    const record = fc.array(field, { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(record), fc.integer({ min: 1, max: 7 }), (records, piece) => {
        const text = records
          .map((fields) => fields.map((each) => `"${each.replaceAll('"', '""')}"`).join(','))
          .join('\r\n');
        expect(parse(text, ',', piece)).toEqual(records);
      }),
      { numRuns: Number(process.env['RAPPORT_RUNS'] ?? 100) },
    );
  });
});

interface Stage extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly file: string;
  ask(key: string, keyKind?: string): Promise<LookupAnswer>;
  /** Puts a new file in the old one's place, and lets the time pass after which it is looked at. */
  replace(text: string): Promise<void>;
}

async function stage(text: string, options: Record<string, unknown> = {}): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'rapport-csv-'));
  const file = join(folder, 'customers.csv');
  await writeFile(file, text);
  const clock = new ManualClock();
  const source = sourceOptionsSchema.parse({ type: 'csv', file, keyColumn: 'phone', ...options });
  const lookups = createLookups({ crm: source }, { clock, random: () => 0.5 });
  return {
    clock,
    file,
    ask: (key, keyKind = 'phone') => lookups.lookup(aLookup({ key, keyKind })),
    async replace(next) {
      await writeFile(`${file}.new`, next);
      await rename(`${file}.new`, file);
      await clock.advance(1000);
    },
    async [Symbol.asyncDispose]() {
      await lookups[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

const CUSTOMERS =
  '\uFEFFphone,mail,tier\n+1555,Ann@x.example,gold\n+1666,bob@x.example,\n+1777,c@x,a\n+1777,d@x,b\n';

describe('createCsvSource', () => {
  it('finds a row by its key column; an empty field is absent', async () => {
    await using s = await stage(CUSTOMERS);
    expect(await s.ask('+1555')).toMatchObject({
      answer: 'found',
      from: 'source',
      value: { phone: '+1555', mail: 'Ann@x.example', tier: 'gold' },
    });
    expect(await s.ask('+1666')).toMatchObject({
      value: { phone: '+1666', mail: 'bob@x.example' },
    });
    expect(await s.ask('+1999')).toMatchObject({ answer: 'not-found' });
    expect(await s.ask('__proto__')).toMatchObject({ answer: 'not-found' });
  });

  it('finds by the column of the kind of key, in any case when told so', async () => {
    await using s = await stage(CUSTOMERS, {
      keyColumn: { phone: 'phone', email: 'mail' },
      ignoreCase: true,
    });
    expect(await s.ask('ANN@x.example', 'email')).toMatchObject({ value: { tier: 'gold' } });
    expect(await s.ask('+1555', 'phone')).toMatchObject({ value: { tier: 'gold' } });
    expect(await s.ask('+1555', 'constructor')).toMatchObject({ answer: 'not-found' });
  });

  it('takes rows as a list, or insists on a single one', async () => {
    await using all = await stage(CUSTOMERS, { rows: 'all' });
    expect(await all.ask('+1777')).toMatchObject({ value: [{ tier: 'a' }, { tier: 'b' }] });
    await using only = await stage(CUSTOMERS, { rows: 'only' });
    expect(await only.ask('+1777')).toMatchObject({ failure: { code: 'ERR_SOURCE_AMBIGUOUS' } });
  });

  it('reads the file again when it changes, and not before it is time to look', async () => {
    await using s = await stage(CUSTOMERS);
    await s.ask('+1555');
    await writeFile(s.file, 'phone,tier\n+1555,platinum\n');
    expect(await s.ask('+1555')).toMatchObject({ value: { tier: 'gold' } });
    await s.clock.advance(1000);
    expect(await s.ask('+1555')).toMatchObject({ value: { tier: 'platinum' }, from: 'source' });
  });

  it.each([
    ['half a line', 'phone,tier\n+1555', 'line 2 has 1 fields, the first line 2'],
    ['another table', 'name\nAnn\n', 'there is no column phone'],
    ['nothing', '', 'the file is empty'],
    ['two columns of one name', 'phone,phone\n', 'two columns have one name'],
  ])(
    'keeps the last good table when the file becomes %s, and says so',
    async (_name, text, why) => {
      await using s = await stage(CUSTOMERS);
      await s.ask('+1555');
      await s.replace(text);
      expect(await s.ask('+1555')).toMatchObject({
        answer: 'found',
        value: { tier: 'gold' },
        from: 'stale-cache',
        ageMs: 1000,
        failure: { code: 'ERR_SOURCE_FILE', message: expect.stringContaining(why) },
      });
      await s.replace(CUSTOMERS);
      expect(await s.ask('+1555')).toMatchObject({ from: 'source' });
    },
  );

  it('denies nobody on the word of a file that is damaged', async () => {
    await using s = await stage(CUSTOMERS);
    await s.ask('+1555');
    await s.replace('phone\n"');
    expect(await s.ask('+1999')).toMatchObject({
      answer: 'failed',
      failure: { code: 'ERR_SOURCE_FILE' },
    });
  });

  it('names a file that is missing, and finds it when it comes', async () => {
    await using s = await stage(CUSTOMERS);
    await rm(s.file);
    expect(await s.ask('+1555')).toMatchObject({ failure: { code: 'ERR_SOURCE_FILE' } });
    await s.replace(CUSTOMERS);
    expect(await s.ask('+1555')).toMatchObject({ answer: 'found' });
  });

  it('refuses a file that is too large', async () => {
    await using s = await stage(CUSTOMERS, { maxFileBytes: 20 });
    expect(await s.ask('+1555')).toMatchObject({
      failure: { message: expect.stringContaining('more than 20') },
    });
  });
});
