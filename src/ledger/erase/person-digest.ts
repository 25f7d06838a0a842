import { createHmac, createSecretKey } from 'node:crypto';
import type { PersonKey } from '../turn.ts';

/** Keyed digests of the keys that a person is found by; the ledger keeps no key itself. */
export type PersonDigest = (person: PersonKey) => string;

export function createPersonDigest(installationKey: Uint8Array): PersonDigest {
  // Made once: from bytes, every digest would make it anew.
  const key = createSecretKey(installationKey);
  return ({ kind, value }) =>
    createHmac('sha256', key)
      .update(`${kind}\0${kind === 'phone' ? digitsOf(value) : idOf(value)}`)
      .digest('base64url');
}

/** An e-mail address in small letters, as it is looked up by; any other id as it stands. */
export function idOf(value: string): string {
  const id = value.trim();
  return id.includes('@') ? id.toLowerCase() : id;
}

/** A number by its digits alone: `tel:+1 (555) 123-0001` and `+15551230001` are one. */
export const digitsOf = (phone: string): string => phone.replace(/\D/g, '');
