import { describe, expect, it } from 'vitest';
import { sourceOptionsSchema, sourcesSchema } from './options.ts';

function problems(source: Record<string, unknown>): string[] {
  const parsed = sourceOptionsSchema.safeParse(source);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

const http = { type: 'http', url: 'https://crm.example/{key}' };

describe('sourceOptionsSchema', () => {
  it('fills every default in', () => {
    expect(sourceOptionsSchema.parse(http)).toEqual({
      type: 'http',
      url: 'https://crm.example/{key}',
      method: 'GET',
      headers: {},
      maxBytes: 1_048_576,
      timeoutMs: 2000,
      retry: { retries: 1, baseMs: 50, maxMs: 1000 },
      breaker: {
        calls: 20,
        minCalls: 5,
        windowMs: 30_000,
        failureShare: 0.5,
        openMs: 5000,
        maxOpenMs: 60_000,
      },
      bulkhead: { concurrent: 16, waiting: 256 },
      cache: {
        freshMs: 300_000,
        staleMs: 3_600_000,
        notFoundMs: 30_000,
        max: 10_000,
        maxBytes: 67_108_864,
      },
    });
  });

  it('caches what is asked over a wire, and not what lies in memory', () => {
    const file = { type: 'csv', file: 'a.csv', keyColumn: 'a' };
    expect(sourceOptionsSchema.parse(file).cache).toMatchObject({ freshMs: 0, staleMs: 0 });
    expect(sourceOptionsSchema.parse({ ...file, cache: { freshMs: 5 } }).cache.freshMs).toBe(5);
  });

  it.each([
    [{ ...http, url: 'https://{key}/' }, 'url: '],
    [{ ...http, timeout: 5 }, 'Unrecognized key: "timeout"'],
    [{ ...http, timeoutMs: 0 }, 'timeoutMs: '],
    [{ ...http, headers: { Host: 'evil.example' } }, 'headers.Host: '],
    [{ ...http, headers: { 'a b': 'x' } }, 'headers.a b: '],
    [{ ...http, body: { a: 1 } }, 'method: expected a method that carries a body'],
    [{ ...http, method: 'POST', body: 1, form: {} }, 'form: expected either body or form'],
    [{ ...http, record: 'results.0' }, 'record: expected a JSON Pointer'],
    [
      {
        ...http,
        auth: {
          type: 'client-credentials',
          tokenUrl: 'https://{key}/',
          clientId: 'a',
          clientSecret: 'b',
        },
      },
      'auth.tokenUrl: ',
    ],
    [
      { type: 'postgres', url: 'mysql://db/x', query: 'select :key' },
      'url: expected a URL such as',
    ],
    [
      { type: 'postgres', url: 'postgres://db/x', query: 'select :kee' },
      'query: unknown parameter :kee',
    ],
    [{ type: 'mysql', url: 'mysql://db/x', query: 'select ?' }, 'query: expected named parameters'],
    [
      { type: 'sqlite', file: 'a.db', query: 'select 1; select 2' },
      'query: expected one statement',
    ],
    [
      { type: 'csv', file: 'a.csv', keyColumn: 'a', delimiter: ';;' },
      'delimiter: expected one character',
    ],
    [{ type: 'soap', url: 'https://crm.example/' }, 'type: '],
  ])('refuses %j', (source, problem) => {
    expect(problems(source).join('\n')).toContain(problem);
  });
});

describe('sourcesSchema', () => {
  it('takes names that an expression can write', () => {
    expect(Object.keys(sourcesSchema.parse({ crm: http, orders_2: http }))).toEqual([
      'crm',
      'orders_2',
    ]);
    expect(sourcesSchema.safeParse({ 'a.b': http }).success).toBe(false);
  });
});
