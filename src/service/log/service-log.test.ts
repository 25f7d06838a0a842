import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.ts';
import type { Log } from '../../lib/log.ts';
import { createServiceLog, type ServiceLogOptions } from './service-log.ts';

function written(
  how: (log: Log) => void,
  more: Partial<ServiceLogOptions> = {},
): readonly string[] {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const clock = new ManualClock(Date.UTC(2026, 10, 21));
  how(createServiceLog({ write, clock, level: 'info', form: 'json', secrets: [], ...more }));
  return lines;
}

const all = (log: Log): void => {
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](level);
};

describe('createServiceLog', () => {
  it('writes one object a line: time, level and event, then the fields', () => {
    expect(
      written((log) => {
        log.warn('channel.lost', {
          traceId: 't1',
          error: new TypeError('cut\noff'),
          gone: undefined,
        });
      }),
    ).toEqual([
      '{"level":"warn","time":"2026-11-21T00:00:00.000Z","event":"channel.lost","traceId":"t1","error":"TypeError: cut\\noff"}\n',
    ]);
  });

  it('leaves out what is below the level', () => {
    expect(written(all, { level: 'debug' })).toHaveLength(4);
    expect(written(all, { level: 'error' })).toHaveLength(1);
  });

  it('writes for people on one line, whatever a field holds', () => {
    const [line] = written(
      (log) =>
        log.info('a.b', { text: 'two\nlines \u001B[31m', n: 5, list: ['x'], bidi: 'a\u202Eb' }),
      { form: 'text' },
    );
    expect(line).toBe(
      '2026-11-21T00:00:00.000Z info  a.b text="two\\nlines \\u001b[31m" n=5 list="[\\"x\\"]" bidi="a\\u202eb"\n',
    );
  });

  it('shows no field that holds a secret, at the top or one level below', () => {
    const [line] = written((log) =>
      log.info('x', { token: 'abc', headers: { authorization: 'Bearer abc', accept: 'b' } }),
    );
    expect(line).toContain('"token":"***","headers":{"authorization":"***","accept":"b"}');
  });

  it('takes a known secret out of every text, as it is, as JSON and as an address writes it', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 6, maxLength: 60, unit: 'grapheme' }),
        fc.constantFrom('json' as const, 'text' as const),
        (secret, form) => {
          // A text that stands in every line anyway is no secret, and a mask may not bring one back.
          fc.pre(
            !/^[\s*]+$/.test(secret) &&
              !written((log) => log.info('e', { m: 'a  b' }))[0]?.includes(secret),
          );
          const [line = ''] = written(
            (log) => log.info('e', { m: `a ${secret} b ${encodeURIComponent(secret)}` }),
            { secrets: [secret], form },
          );
          expect(line).not.toContain(secret);
          expect(line).not.toContain(encodeURIComponent(secret));
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    ['Authorization: Bearer ab.cd-ef_12=', 'Bearer ***'],
    ['connect postgres://ann:pass%40word@db:5432/x failed', 'postgres://ann:***@db:5432/x'],
    ['GET /v1/events?ticket=ey.J_a-b&x=1', 'ticket=***&x=1'],
  ])('takes what has the form of a credential out of %j', (text, shown) => {
    const [line] = written((log) => log.error('x', { message: text }));
    expect(line).toContain(shown);
  });
});
