import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, execute } from '../../../../test/support/postgres.ts';
import { startCountingProxy } from '../../../../test/support/counting-proxy.ts';
import { createMysqlTestDatabase, mysqlTestUrl } from '../../../../test/support/mysql.ts';
import { ManualClock } from '../../../lib/manual-clock.ts';
import { UNPRINTABLE } from '../../../lib/unprintable.ts';
import { aLookup } from '../../lookup.fixture.ts';
import type { LookupAnswer } from '../../lookup.ts';
import { createLookups, type Lookups } from '../../lookups.ts';
import { sourceOptionsSchema } from '../../options.ts';

/** A real database with the same customers in it, whatever its kind. */
interface TestBed extends AsyncDisposable {
  /** The options that lead to it. */
  readonly options: Readonly<Record<string, unknown>>;
  execute(sql: string): Promise<void>;
}

interface Kind {
  readonly name: string;
  /** Why its tests cannot run here; undefined when they can. */
  readonly missing?: string | undefined;
  open(): Promise<TestBed>;
  /** A query that takes seconds or more, unless the key is `fast`. */
  readonly slow: string;
  /** A query that gives rows without end, or nearly. */
  readonly endless: string;
  /** A query that gives the key back. */
  readonly echo: string;
}

const MYSQL = 'MariaDB or MySQL';

const CUSTOMERS = [
  'create table customer (id bigint, phone varchar(80), tier varchar(20), score double precision, balance decimal(10,2), note text)',
  "insert into customer values (1, '+15551230001', 'gold', 0.5, 12.50, null)",
  "insert into customer values (9007199254740993, '+15551230002', 'Zoë 🐈', -1, 0, 'it''s')",
  "insert into customer values (3, '+15551230003', 'a', 1, 1, 'x')",
  "insert into customer values (4, '+15551230003', 'b', 1, 1, 'x')",
];

async function openSqlite(): Promise<TestBed> {
  const folder = await mkdtemp(join(tmpdir(), 'rapport-sqlite-'));
  const file = join(folder, 'crm.db');
  return {
    options: { type: 'sqlite', file },
    async execute(sql) {
      const database = new DatabaseSync(file);
      database.exec(sql);
      database.close();
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

const KINDS: readonly Kind[] = [
  {
    name: 'PostgreSQL',
    async open() {
      const database = await createTestDatabase();
      return {
        options: { type: 'postgres', url: database.url },
        execute: (sql) => execute(database.url, sql),
        [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
      };
    },
    slow: "select pg_sleep(case :key when 'fast' then 0 else 2 end) as slept",
    echo: 'select :key::text as echo',
    endless:
      'select repeat(:key, 100) as text from generate_series(1, 1000) a, generate_series(1, 1000) b, generate_series(1, 100) c',
  },
  {
    name: MYSQL,
    missing: mysqlTestUrl === undefined ? 'RAPPORT_TEST_MYSQL_URL is not set' : undefined,
    async open() {
      const database = await createMysqlTestDatabase(mysqlTestUrl ?? '');
      return {
        options: { type: 'mysql', url: database.url },
        execute: (sql) => database.execute(sql),
        [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
      };
    },
    slow: "select sleep(case :key when 'fast' then 0 else 2 end) as slept",
    echo: 'select cast(:key as char(600)) as echo',
    endless:
      'with recursive n as (select 1 as i union all select i + 1 from n where i < 1000) select repeat(:key, 100) as text from n a, n b, n c',
  },
  {
    name: 'SQLite',
    open: openSqlite,
    slow: "with recursive n as (select 1 as i union all select i + 1 from n where :key <> 'fast') select count(*) as slept from n",
    echo: 'select :key as echo',
    endless:
      'with recursive n as (select 1 as i union all select i + 1 from n) select :key as text, i from n',
  },
];

interface Stage extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly lookups: Lookups;
  ask(key?: string): Promise<LookupAnswer>;
}

function stage(bed: TestBed, options: Record<string, unknown>): Stage {
  const clock = new ManualClock();
  const source = sourceOptionsSchema.parse({
    timeoutMs: 60_000,
    retry: { retries: 0 },
    cache: { freshMs: 0, staleMs: 0, notFoundMs: 0 },
    ...bed.options,
    ...options,
  });
  const lookups = createLookups({ crm: source }, { clock, random: () => 0.5 });
  return {
    clock,
    lookups,
    ask: (key) => lookups.lookup(aLookup(key === undefined ? {} : { key })),
    [Symbol.asyncDispose]: () => lookups[Symbol.asyncDispose](),
  };
}

const BY_PHONE = 'select id, tier, score, note from customer where phone = :key order by id';

function codeOf(answer: LookupAnswer): string {
  return answer.answer === 'failed' ? answer.failure.code : answer.answer;
}

function valueOf(answer: LookupAnswer): unknown {
  return answer.answer === 'found' ? answer.value : codeOf(answer);
}

/** Opened once for the file; a server of its own takes seconds to start. */
const beds = new Map<string, TestBed>();

function bedOf(kind: string): TestBed {
  const bed = beds.get(kind);
  if (bed === undefined) throw new Error(`${kind} is not open`);
  return bed;
}

beforeAll(async () => {
  for (const kind of KINDS.filter(({ missing }) => missing === undefined)) {
    const bed = await kind.open();
    beds.set(kind.name, bed);
    for (const sql of CUSTOMERS) await bed.execute(sql);
  }
});

afterAll(async () => {
  for (const bed of beds.values()) await bed[Symbol.asyncDispose]();
});

describe.each(KINDS)('$name as a source', (kind) => {
  const bed = (): TestBed => bedOf(kind.name);

  beforeEach(({ skip }) => skip(kind.missing !== undefined, kind.missing));

  it('finds a customer by key, with values as JSON has them', async () => {
    await using s = stage(bed(), { query: BY_PHONE });
    expect(valueOf(await s.ask())).toEqual({ id: 1, tier: 'gold', score: 0.5, note: null });
    expect(valueOf(await s.ask('+15551230002'))).toEqual({
      id: '9007199254740993',
      tier: 'Zoë 🐈',
      score: -1,
      note: "it's",
    });
    expect(s.lookups.usesOf('crm')).toEqual({ key: true, keyKind: false, conversationId: false });
  });

  it('binds every parameter to its own value', async () => {
    await using s = stage(bed(), {
      query:
        "select id, 'a:key' as text from customer where phone = :key and 'conv-1' = :conversationId and :keyKind = 'phone' and tier <> :key",
    });
    expect(valueOf(await s.ask())).toEqual({ id: 1, text: 'a:key' });
  });

  it('finds nobody for a key that is an attack, and nothing is harmed', async () => {
    await using s = stage(bed(), { query: BY_PHONE });
    const attacks = [
      "'; drop table customer; --",
      "' or '1'='1",
      '\\',
      '" or ""="',
      '$1',
      ':key',
      '?',
      '%',
      '../../etc/passwd',
      '__proto__',
    ];
    for (const key of attacks) expect(codeOf(await s.ask(key))).toBe('not-found');
    expect(valueOf(await s.ask())).toMatchObject({ id: 1 });
  });

  it('hands any printable key to the database unharmed', async () => {
    await using s = stage(bed(), { query: kind.echo });
    const nasty = fc.constantFrom("'", '"', '\\', ';', '--', '/*', '$1', '?', ':key', '%', '{key}');
    const key = fc
      .array(fc.oneof(nasty, fc.string({ unit: 'grapheme', maxLength: 8 })), { maxLength: 8 })
      .map((parts) => parts.join(''))
      .filter((text) => text.trim() !== '' && !UNPRINTABLE.test(text));
    await fc.assert(
      fc.asyncProperty(key, async (text) => {
        expect(valueOf(await s.ask(text))).toEqual({ echo: text });
      }),
      { numRuns: Number(process.env['RAPPORT_RUNS'] ?? 50) },
    );
  });

  it('takes the first row, or all as a list, or insists on a single one', async () => {
    await using first = stage(bed(), { query: BY_PHONE });
    expect(valueOf(await first.ask('+15551230003'))).toMatchObject({ tier: 'a' });
    await using all = stage(bed(), { query: BY_PHONE, rows: 'all' });
    expect(valueOf(await all.ask('+15551230003'))).toMatchObject([{ tier: 'a' }, { tier: 'b' }]);
    expect(codeOf(await all.ask('nobody'))).toBe('not-found');
    await using only = stage(bed(), { query: BY_PHONE, rows: 'only' });
    expect(codeOf(await only.ask('+15551230003'))).toBe('ERR_SOURCE_AMBIGUOUS');
    expect(valueOf(await only.ask())).toMatchObject({ tier: 'gold' });
  });

  it('refuses to write', async () => {
    await using s = stage(bed(), { query: 'delete from customer where phone = :key' });
    expect(await s.ask()).toMatchObject({
      failure: { code: 'ERR_SOURCE_REFUSED', message: expect.stringContaining('would write') },
    });
    await using after = stage(bed(), { query: BY_PHONE });
    expect(valueOf(await after.ask())).toMatchObject({ id: 1 });
  });

  it('reads no more of an endless answer than it may keep', async () => {
    await using all = stage(bed(), { query: kind.endless, rows: 'all' });
    expect(codeOf(await all.ask('x'))).toBe('ERR_SOURCE_TOO_LARGE');
    await using first = stage(bed(), { query: kind.endless });
    expect(valueOf(await first.ask('x'))).toMatchObject({ text: expect.stringContaining('x') });
    await using large = stage(bed(), { query: BY_PHONE, maxBytes: 10 });
    expect(codeOf(await large.ask())).toBe('ERR_SOURCE_TOO_LARGE');
  });

  it('gives up a slow query by the clock it was given, and answers the next one', async () => {
    await using s = stage(bed(), { query: kind.slow });
    expect(codeOf(await s.ask('fast'))).toBe('found');
    const asked = s.ask('slow');
    await s.clock.advance(60_000);
    expect(codeOf(await asked)).toBe('ERR_SOURCE_TIMEOUT');
    expect(codeOf(await s.ask('fast'))).toBe('found');
    expect(s.clock.pendingTimers).toBe(0);
  });

  it('says what is wrong with a query, with the text of the database', async () => {
    await using s = stage(bed(), { query: 'select nonsense from customer where phone = :key' });
    const answer = await s.ask('+15550000000');
    expect(codeOf(answer)).toBe('ERR_SOURCE_REFUSED');
    expect(JSON.stringify(answer)).toContain('nonsense');
    expect(JSON.stringify(answer)).not.toContain('+1555');
  });

  it('answers many at once', async () => {
    await using s = stage(bed(), { query: BY_PHONE });
    const keys = Array.from({ length: 40 }, (_, i) => `+1555123000${i % 4}x${i}`);
    const answers = await Promise.all([...keys, '+15551230001'].map((key) => s.ask(key)));
    expect(answers.filter(({ answer }) => answer === 'not-found')).toHaveLength(40);
    expect(answers.filter(({ answer }) => answer === 'found')).toHaveLength(1);
  });
});

async function askPostgres(options: Record<string, unknown>, key = 'x'): Promise<LookupAnswer> {
  await using s = stage(bedOf('PostgreSQL'), options);
  return await s.ask(key);
}

describe('PostgreSQL alone', () => {
  it('writes instants in UTC and durations in ISO 8601, whatever the zone of machine and server', async () => {
    const query = `select timestamptz '2026-01-05 10:00:00+01' as at, timestamp '2026-01-05 10:00:00.5' as local,
      date '2026-01-05' as day, interval '1 day 2 hours' as wait, 12.50::numeric as money, 3::bigint as few,
      array[date '2026-01-05'] as days, '{"a":[1]}'::jsonb as data, true as yes, '\\x0102'::bytea as raw where :key = 'x'`;
    expect(valueOf(await askPostgres({ query }))).toEqual({
      at: '2026-01-05T09:00:00Z',
      local: '2026-01-05T10:00:00.5',
      day: '2026-01-05',
      wait: 'P1DT2H',
      money: '12.50',
      few: 3,
      days: ['2026-01-05'],
      data: { a: [1] },
      yes: true,
      raw: 'AQI=',
    });
  });

  it('lets the server stop a query that takes longer than its time-out', async () => {
    const query = 'select pg_sleep(30) where :key <> $$$$';
    expect(codeOf(await askPostgres({ query, timeoutMs: 50 }))).toBe('ERR_SOURCE_TIMEOUT');
  });

  it('tells a key that does not fit the column from an outage, without quoting it', async () => {
    const answer = await askPostgres({ query: 'select 1 as a where 5 = :key::int' }, 'Anna');
    expect(codeOf(answer)).toBe('ERR_SOURCE_REFUSED');
    expect(JSON.stringify(answer)).not.toContain('Anna');
  });

  it.each([
    [
      'an unknown database',
      (url: URL) => void (url.pathname = '/nowhere'),
      'ERR_SOURCE_UNAUTHORIZED',
    ],
    ['a port where nothing listens', (url: URL) => void (url.port = '1'), 'ERR_SOURCE_UNREACHABLE'],
  ])('names %s', async (_name, change, code) => {
    const url = new URL(String(bedOf('PostgreSQL').options['url']));
    change(url);
    expect(codeOf(await askPostgres({ url: url.href, query: 'select :key as a' }))).toBe(code);
  });

  it('opens another connection when its own was cut, and leaves none behind', async () => {
    const bed = bedOf('PostgreSQL');
    const others = `select count(*)::int as others from pg_stat_activity
      where application_name = 'rapport' and datname = current_database() and pid <> pg_backend_pid() and :key <> ''`;
    {
      await using s = stage(bed, { query: others });
      expect(valueOf(await s.ask('a'))).toEqual({ others: 0 });
      await bed.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rapport' and datname = current_database()",
      );
      const answers = [codeOf(await s.ask('b')), codeOf(await s.ask('c'))];
      expect(answers.at(-1)).toBe('found');
    }
    expect(valueOf(await askPostgres({ query: others }))).toEqual({ others: 0 });
  });
});

describe.skipIf(mysqlTestUrl === undefined)('MariaDB or MySQL alone', () => {
  it('writes instants in UTC, and lets the server stop a slow query', async () => {
    await using database = await createMysqlTestDatabase(mysqlTestUrl ?? '');
    const bed: TestBed = {
      options: { type: 'mysql', url: database.url },
      execute: (sql) => database.execute(sql),
      async [Symbol.asyncDispose]() {},
    };
    await database.execute(
      'create table t (at timestamp, local datetime(1), day date, money decimal(10,2), raw varbinary(4), yes boolean)',
      "insert into t values ('2026-01-05 09:00:00', '2026-01-05 10:00:00.5', '2026-01-05', 12.50, x'0102', true)",
    );
    await using s = stage(bed, { query: "select t.* from t where :key <> ''" });
    expect(valueOf(await s.ask())).toEqual({
      at: '2026-01-05T09:00:00Z',
      local: '2026-01-05T10:00:00.5',
      day: '2026-01-05',
      money: '12.50',
      raw: 'AQI=',
      yes: 1,
    });
    await using slow = stage(bed, {
      query: "select sleep(30) as a from t where :key <> ''",
      timeoutMs: 50,
    });
    expect(codeOf(await slow.ask())).toBe('ERR_SOURCE_TIMEOUT');
  });

  it('hangs up on an answer that goes on and on', async () => {
    const url = new URL(String(bedOf(MYSQL).options['url']));
    const to = { host: url.hostname, port: Number(url.port || 3306) };
    await using proxy = await startCountingProxy(to);
    url.host = `127.0.0.1:${proxy.port}`;
    const endless = KINDS.find(({ name }) => name === MYSQL)?.endless;
    {
      await using s = stage(bedOf(MYSQL), { url: url.href, query: endless, rows: 'all' });
      expect(codeOf(await s.ask('x'))).toBe('ERR_SOURCE_TOO_LARGE');
      await proxy.closed;
    }
    // What is sent until the query is stopped for its time is gigabytes.
    expect(proxy.sentBytes).toBeLessThan(10_000_000);
  });

  it.each([
    [
      'an unknown user',
      (url: URL) => void (url.username = 'nobody_at_all'),
      'ERR_SOURCE_UNAUTHORIZED',
    ],
    ['a port where nothing listens', (url: URL) => void (url.port = '1'), 'ERR_SOURCE_UNREACHABLE'],
  ])('names %s', async (_name, change, code) => {
    const url = new URL(mysqlTestUrl ?? '');
    url.password = 'wrong';
    change(url);
    const bed: TestBed = {
      options: { type: 'mysql', url: url.href },
      async execute() {},
      async [Symbol.asyncDispose]() {},
    };
    await using s = stage(bed, { query: 'select :key as a' });
    expect(codeOf(await s.ask())).toBe(code);
  });
});

describe('SQLite alone', () => {
  it('reads the new file when another one is put in its place', async () => {
    await using bed = await openSqlite();
    await bed.execute("create table c as select 'old' as tier");
    await using s = stage(bed, { query: "select tier from c where :key <> ''" });
    expect(valueOf(await s.ask('a'))).toEqual({ tier: 'old' });
    const file = String(bed.options['file']);
    const other = new DatabaseSync(`${file}.new`);
    other.exec("create table c as select 'new' as tier");
    other.close();
    await rename(`${file}.new`, file);
    expect(valueOf(await s.ask('b'))).toEqual({ tier: 'new' });
  });

  it('names a file that is missing, and one that is no database', async () => {
    await using bed = await openSqlite();
    await using s = stage(bed, { query: 'select :key as a' });
    expect(codeOf(await s.ask())).toBe('ERR_SOURCE_FILE');
    await using other = stage(bed, {
      file: import.meta.filename,
      query: 'select :key as a from c',
    });
    expect(codeOf(await other.ask())).toBe('ERR_SOURCE_FILE');
  });
});
