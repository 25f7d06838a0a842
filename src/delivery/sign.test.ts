import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { signMessage } from './sign.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('signMessage', () => {
  it('signs the specification’s own example as the specification does', () => {
    expect(
      signMessage(
        {
          id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
          body: '{"test": 2432232314}',
          wallMs: 1_614_265_330_999,
        },
        [SECRET],
      ),
    ).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('signs nothing without a secret, but always names the message and the time', () => {
    expect(signMessage({ id: 'm1', body: '{}', wallMs: 5000 }, [])).toEqual({
      'webhook-id': 'm1',
      'webhook-timestamp': '5',
    });
  });

  it('is accepted by the reference library under each secret, and by no other', () => {
    const bytes = fc.uint8Array({ minLength: 24, maxLength: 64 });
    const secret = bytes.map((key) => `whsec_${Buffer.from(key).toString('base64')}`);
    fc.assert(
      fc.property(
        fc.uniqueArray(secret, { minLength: 2, maxLength: 4 }),
        fc.json(),
        ([stranger = '', ...secrets], body) => {
          const wallMs = Date.now();
          const headers = { ...signMessage({ id: 'msg', body, wallMs }, secrets) };
          for (const known of secrets)
            new Webhook(known).verify(body, headers, { jsonParse: false });
          expect(() => new Webhook(stranger).verify(body, headers)).toThrow(
            'No matching signature',
          );
        },
      ),
      { numRuns: Number(process.env['RAPPORT_RUNS'] ?? 30) },
    );
  });

  it('takes a secret that is no base64 for the text that it is', () => {
    const headers = { ...signMessage({ id: 'm', body: '{}', wallMs: Date.now() }, ['my secret!']) };
    expect(new Webhook('my secret!', { format: 'raw' }).verify('{}', headers)).toEqual({});
  });
});
