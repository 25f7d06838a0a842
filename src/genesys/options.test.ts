import { describe, expect, it } from 'vitest';
import { genesysOptionsSchema } from './options.ts';

const auth = { type: 'client-credentials', clientId: 'id', clientSecret: 'secret' } as const;

describe('genesysOptionsSchema', () => {
  it('fills in every default', () => {
    expect(genesysOptionsSchema.parse({ region: 'mypurecloud.com', auth })).toEqual({
      region: 'mypurecloud.com',
      auth,
      timeoutMs: 10_000,
      maxAnswerBytes: 8_388_608,
      retry: { maxRetries: 5, withinMs: 60_000, baseDelayMs: 250, maxDelayMs: 10_000 },
      budget: { maxInFlight: 64 },
    });
  });

  it.each([
    ['neither region nor apiUrl', { auth }],
    ['no sign-in', { region: 'x' }],
    ['an unknown member', { region: 'x', auth, regoin: 'y' }],
    ['a time-out of nothing', { region: 'x', auth, timeoutMs: 0 }],
    ['retries without end', { region: 'x', auth, retry: { maxRetries: 1000 } }],
    ['half a request', { region: 'x', auth, budget: { maxInFlight: 0.5 } }],
  ])('refuses %s', (_name, options) => {
    expect(genesysOptionsSchema.safeParse(options).success).toBe(false);
  });
});
