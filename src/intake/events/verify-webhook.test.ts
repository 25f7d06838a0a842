import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.ts';
import {
  createWebhookVerifier,
  webhookRefused,
  type WebhookCredentials,
  type WebhookDelivery,
  type WebhookVerdict,
} from './verify-webhook.ts';

const OLD = `whsec_${Buffer.from('the old secret of 24 byte').toString('base64')}`;
const NEW = `whsec_${Buffer.from('the new secret of 24 byte').toString('base64')}`;
const BODY = '{"conversationId":"c1","note":"ünï"}';
const clock = new ManualClock();

/** Signed as the reference library does it. */
function signed(secret: string, change: { body?: string; agoMs?: number } = {}): WebhookDelivery {
  const at = new Date(clock.wallMs() - (change.agoMs ?? 0));
  return {
    headers: {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign('msg_1', at, change.body ?? BODY),
    },
    raw: BODY,
  };
}

function verify(
  credentials: Partial<WebhookCredentials>,
  delivery: WebhookDelivery,
): WebhookVerdict {
  const none = { secrets: [], bearerKeys: [], basic: [], toleranceMs: 300_000 };
  return createWebhookVerifier({ ...none, ...credentials }, clock)(delivery);
}

const proved = { kind: 'proved', by: 'signature', messageId: 'msg_1' };
const authorized = (authorization: string): WebhookDelivery => ({
  headers: { authorization, 'webhook-id': 'msg_1' },
  raw: BODY,
});

describe('createWebhookVerifier', () => {
  it('accepts what the reference library signed, with either secret while one is being rotated', () => {
    expect(verify({ secrets: [NEW, OLD] }, signed(OLD))).toEqual(proved);
    expect(verify({ secrets: [NEW, OLD] }, signed(NEW))).toEqual(proved);
    expect(verify({ secrets: [OLD.slice(6)] }, signed(OLD))).toEqual(proved);
  });

  it('accepts a sender that signs with several secrets at once', () => {
    const [a, b] = [signed(OLD), signed(NEW)].map((each) => each.headers['webhook-signature']);
    const both = {
      ...signed(NEW).headers,
      'webhook-signature': `v1a,xx ${String(a)} ${String(b)}`,
    };
    expect(verify({ secrets: [NEW] }, { headers: both, raw: BODY })).toEqual(proved);
  });

  it.each([
    ['another secret', signed(OLD), 'wrong-signature'],
    ['another body', signed(NEW, { body: `${BODY} ` }), 'wrong-signature'],
    ['an old signature', signed(NEW, { agoMs: 301_000 }), 'too-old'],
    ['one from the future', signed(NEW, { agoMs: -301_000 }), 'too-new'],
    ['no credential', { headers: {}, raw: BODY }, 'no-credential'],
    [
      'no time',
      { headers: { 'webhook-id': 'x', 'webhook-signature': 'v1,x' }, raw: BODY },
      'incomplete-signature',
    ],
    [
      'a time that is none',
      { headers: { ...signed(NEW).headers, 'webhook-timestamp': '1e3' }, raw: BODY },
      'incomplete-signature',
    ],
    [
      'a header given twice',
      { headers: { authorization: ['a', 'b'] }, raw: BODY },
      'no-credential',
    ],
  ])('refuses %s', (_, delivery, reason) => {
    expect(verify({ secrets: [NEW] }, delivery)).toEqual({ kind: 'refused', reason });
  });

  it('accepts a bearer key or a basic credential, each of several', () => {
    const credentials = {
      bearerKeys: ['key-1', 'key-2'],
      basic: [{ username: 'genesys', password: 'pä:ss' }],
    };
    const basic = Buffer.from('genesys:pä:ss').toString('base64');
    expect(verify(credentials, authorized('Bearer key-2'))).toMatchObject({
      by: 'bearer',
      messageId: 'msg_1',
    });
    expect(verify(credentials, authorized(`basic ${basic}`))).toMatchObject({ by: 'basic' });
    for (const wrong of [
      'Bearer key-3',
      `Bearer ${basic}`,
      'Basic key-1',
      'Digest x',
      'Bearer',
      '',
    ]) {
      expect(verify(credentials, authorized(wrong)).kind).toBe('refused');
    }
  });

  it('takes a signature where it has no secret for what it is worth: nothing', () => {
    const delivery = signed(NEW);
    expect(verify({ bearerKeys: ['k'] }, delivery)).toEqual({
      kind: 'refused',
      reason: 'no-credential',
    });
    const headers = { ...delivery.headers, authorization: 'Bearer k' };
    expect(verify({ bearerKeys: ['k'] }, { ...delivery, headers })).toMatchObject({ by: 'bearer' });
    expect(verify({ bearerKeys: ['k'], secrets: [OLD] }, { ...delivery, headers }).kind).toBe(
      'refused',
    );
  });

  it.each(['', 'whsec_', 'short', 'not base64, but long enough to be a secret'])(
    'refuses to be made with the secret %j',
    (secret) => {
      expect(() => verify({ secrets: [secret] }, signed(NEW))).toThrow(
        expect.objectContaining({ code: 'ERR_WEBHOOK_SECRET' }),
      );
    },
  );

  it('is closed when nothing is configured', () => {
    expect(verify({}, authorized('Bearer '))).toEqual({
      kind: 'refused',
      reason: 'nothing-configured',
    });
  });

  it('never accepts what was not signed, and never throws', () => {
    const header = fc.option(
      fc.oneof(fc.string(), fc.constantFrom('v1,', 'Bearer ', 'Basic Og==')),
      {
        nil: undefined,
      },
    );
    const headers = fc.record({
      'webhook-id': header,
      'webhook-timestamp': fc.oneof(header, fc.constant(String(Math.floor(clock.wallMs() / 1000)))),
      'webhook-signature': header,
      authorization: header,
    });
    fc.assert(
      fc.property(headers, fc.string(), (given, raw) => {
        const credentials = { secrets: [NEW], bearerKeys: ['k'.repeat(32)], basic: [] };
        expect(verify(credentials, { headers: given, raw }).kind).toBe('refused');
      }),
    );
  });
});

describe('webhookRefused', () => {
  it('is answered with 401 and a next step', () => {
    expect(webhookRefused('too-old')).toMatchObject({
      code: 'ERR_EVENT_REFUSED',
      fault: 'user',
      details: { reason: 'too-old', httpStatus: 401 },
    });
    expect(webhookRefused('too-old').nextStep).toContain('clocks');
  });
});
