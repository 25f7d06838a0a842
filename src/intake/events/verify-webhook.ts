import { createHmac } from 'node:crypto';
import { RapportError } from '../../domain/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import { isSafeEqual } from '../../lib/safe-equal.ts';

/** What a sender may prove itself by. Several of a kind are all accepted, so that each can be rotated. */
export interface WebhookCredentials {
  /** Standard Webhooks secrets: base64, with or without the prefix `whsec_`. */
  readonly secrets: readonly string[];
  readonly bearerKeys: readonly string[];
  readonly basic: readonly { readonly username: string; readonly password: string }[];
  /** How far a signature's time may be from ours, in milliseconds. */
  readonly toleranceMs: number;
}

export interface WebhookDelivery {
  /** With lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The exact body: signatures are over bytes, not over what they mean. */
  readonly raw: string;
}

export type WebhookVerdict =
  | {
      readonly kind: 'proved';
      readonly by: 'signature' | 'bearer' | 'basic';
      /** The delivery's own id, where it has one; the same when it is sent again. */
      readonly messageId: string | undefined;
    }
  | { readonly kind: 'refused'; readonly reason: WebhookRefusal };

export type WebhookRefusal =
  | 'nothing-configured'
  | 'no-credential'
  | 'wrong-credential'
  | 'incomplete-signature'
  | 'wrong-signature'
  | 'too-old'
  | 'too-new';

/** What to tell the sender, by reason; never what would have been right. */
const REFUSALS: Readonly<Record<WebhookRefusal, readonly [message: string, nextStep: string]>> = {
  'nothing-configured': [
    'events are not accepted: no credential for them is configured',
    'Set listen.webhook.secret (or bearer, or basic) in the configuration.',
  ],
  'no-credential': [
    'the event carries no credential that is accepted here',
    'Sign it (webhook-id, webhook-timestamp, webhook-signature), or send an Authorization header.',
  ],
  'wrong-credential': [
    'the Authorization header is not one that is accepted here',
    'Check the key against listen.webhook in the configuration; after a rotation both are accepted.',
  ],
  'incomplete-signature': [
    'a signature needs the headers webhook-id, webhook-timestamp (seconds) and webhook-signature',
    'See https://www.standardwebhooks.com for how to sign.',
  ],
  'wrong-signature': [
    'no signature of version v1 fits the body',
    'Check the secret, and that the body is sent byte for byte as it was signed.',
  ],
  'too-old': [
    'the signature is older than is accepted',
    'Sign each attempt anew, and check the clocks of both machines.',
  ],
  'too-new': ['the signature is from the future', 'Check the clocks of both machines.'],
};

const SECRET_PREFIX = 'whsec_';
/** The specification asks for 24 to 64 bytes; below 16 a secret can be searched for. */
const MIN_SECRET_BYTES = 16;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Checks who sent an event: by signature where there is one, else by Authorization header.
 *
 * @throws {RapportError} `ERR_WEBHOOK_SECRET` for a secret that is none
 */
export function createWebhookVerifier(
  credentials: WebhookCredentials,
  clock: Clock,
): (delivery: WebhookDelivery) => WebhookVerdict {
  const { secrets, bearerKeys, basic, toleranceMs } = credentials;
  if (!secrets.every(isWebhookSecret)) {
    throw new RapportError({
      code: 'ERR_WEBHOOK_SECRET',
      message: `a webhook secret must be base64 of at least ${MIN_SECRET_BYTES} bytes`,
      nextStep: 'Make one with `openssl rand -base64 32`, and give the sender the same.',
    });
  }
  const keys = secrets.map(toKey);
  const accepted = {
    bearer: bearerKeys,
    basic: basic.map(({ username, password }) => toBase64(`${username}:${password}`)),
  };
  const isOpen = keys.length + accepted.bearer.length + accepted.basic.length > 0;

  const byAuthorization = (header: string, messageId: string | undefined): WebhookVerdict => {
    const [scheme = '', credential = ''] = header.split(/ +/, 2);
    const by = scheme.toLowerCase();
    if (by !== 'bearer' && by !== 'basic') return refuse('wrong-credential');
    return isAnyOf(accepted[by], credential)
      ? { kind: 'proved', by, messageId }
      : refuse('wrong-credential');
  };

  return ({ headers, raw }) => {
    if (!isOpen) return refuse('nothing-configured');
    const id = headerOf(headers, 'webhook-id');
    const signatures = headerOf(headers, 'webhook-signature');
    if (signatures !== undefined && keys.length > 0) {
      const timestamp = headerOf(headers, 'webhook-timestamp');
      if (id === undefined || timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) {
        return refuse('incomplete-signature');
      }
      const signed = `${id}.${timestamp}.${raw}`;
      const expected = keys.map((key) => `v1,${sign(key, signed)}`);
      if (!signatures.split(' ').some((given) => isAnyOf(expected, given))) {
        return refuse('wrong-signature');
      }
      // Told only to a sender who has the secret.
      const aheadMs = Number(timestamp) * 1000 - clock.wallMs();
      if (aheadMs < -toleranceMs) return refuse('too-old');
      if (aheadMs > toleranceMs) return refuse('too-new');
      return { kind: 'proved', by: 'signature', messageId: id };
    }
    const authorization = headerOf(headers, 'authorization');
    return authorization === undefined
      ? refuse('no-credential')
      : byAuthorization(authorization, id);
  };
}

/** The error to answer a refused delivery with. */
export function webhookRefused(reason: WebhookRefusal): RapportError {
  const [message, nextStep] = REFUSALS[reason];
  return new RapportError({
    code: 'ERR_EVENT_REFUSED',
    message,
    nextStep,
    details: { reason, httpStatus: 401 },
  });
}

function refuse(reason: WebhookRefusal): WebhookVerdict {
  return { kind: 'refused', reason };
}

/** Whether a text is a Standard Webhooks secret: base64 of at least 16 bytes. */
export function isWebhookSecret(secret: string): boolean {
  return BASE64.test(withoutPrefix(secret)) && toKey(secret).length >= MIN_SECRET_BYTES;
}

function withoutPrefix(secret: string): string {
  return secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret;
}

function toKey(secret: string): Buffer {
  return Buffer.from(withoutPrefix(secret), 'base64');
}

function sign(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64');
}

/** Compares with all of them, so that the time does not tell which one it was. */
function isAnyOf(accepted: readonly string[], given: string): boolean {
  return accepted.filter((each) => isSafeEqual(each, given)).length > 0;
}

function headerOf(headers: WebhookDelivery['headers'], name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
