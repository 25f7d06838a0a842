import { describe, expect, it } from 'vitest';
import { listenOptions } from './options.ts';

const SECRET = Buffer.from('0123456789abcdef').toString('base64');

describe('listenOptions', () => {
  it('has a default for everything', () => {
    expect(listenOptions.parse({})).toEqual({
      queues: [],
      users: [],
      followEvents: ['attributes', 'flow.start', 'flow.end'],
      maxChannels: 10,
      rememberMax: 50_000,
    });
  });

  it('takes one credential or several', () => {
    const basic = { username: 'u', password: 'password-of-sixteen' };
    expect(listenOptions.parse({ webhook: { secret: SECRET, basic } }).webhook).toEqual({
      secret: [SECRET],
      bearer: [],
      basic: [basic],
      toleranceMs: 300_000,
    });
    expect(listenOptions.parse({ webhook: { secret: [SECRET, SECRET] } }).webhook?.secret).toEqual([
      SECRET,
      SECRET,
    ]);
  });

  it.each([
    [{ webhook: { secret: 'too short' } }, ['webhook', 'secret']],
    [{ webhook: { bearer: 'short' } }, ['webhook', 'bearer']],
    [{ webhook: { basic: { username: 'a', password: 'fifteen-letters' } } }, ['webhook', 'basic']],
    [
      { webhook: { basic: { username: 'a:b', password: 'password-of-sixteen' } } },
      ['webhook', 'basic'],
    ],
    [{ queues: [' '] }, ['queues', 0]],
    [{ maxChannels: 21 }, ['maxChannels']],
    [{ followEvents: ['acw'] }, ['followEvents', 0]],
    [{ queue: ['Support'] }, []],
  ])('refuses %j, and says where', (value, path) => {
    const result = listenOptions.safeParse(value);
    expect(result.error?.issues[0]?.path.slice(0, path.length)).toEqual(path);
  });
});
