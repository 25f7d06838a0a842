import { createHmac } from 'node:crypto';

/** The headers that prove who sent a message, when, and that nobody changed it. */
export interface SignatureHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature'?: string;
}

export interface SignedParts {
  /** The same at each attempt, so that a receiver can drop repeats. */
  readonly id: string;
  readonly body: string;
  /** Epoch milliseconds of this attempt. */
  readonly wallMs: number;
}

const PREFIX = 'whsec_';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Signs as Standard Webhooks says (specification 1.0.0, "Signature scheme"), once with each
 * secret, so that a receiver who knows any of them can check it. Without secrets nothing is signed.
 */
export function signMessage(parts: SignedParts, secrets: readonly string[]): SignatureHeaders {
  const timestamp = String(Math.floor(parts.wallMs / 1000));
  const headers = { 'webhook-id': parts.id, 'webhook-timestamp': timestamp };
  if (secrets.length === 0) return headers;
  const content = `${parts.id}.${timestamp}.${parts.body}`;
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', keyOf(secret)).update(content).digest('base64')}`,
  );
  return { ...headers, 'webhook-signature': signatures.join(' ') };
}

/** As the specification's own libraries read it: base64 with or without its prefix; other text is itself. */
function keyOf(secret: string): Buffer {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  return BASE64.test(text) ? Buffer.from(text, 'base64') : Buffer.from(secret, 'utf8');
}
