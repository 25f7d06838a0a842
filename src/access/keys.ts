import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import { SCOPES, type Principal, type Scope } from './principal.ts';

/** A key as it is kept: whoever reads this cannot use it. */
export interface KeyRecord {
  readonly name: string;
  /** `sha256:` and the digest of the whole key, base64url. A key is random, so one round is enough. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  /** Epoch milliseconds. */
  readonly expiresAt?: number | undefined;
}

export interface KeyRingOptions {
  readonly records: readonly KeyRecord[];
  /** One key that may do everything, as it is. */
  readonly masterKey?: string | undefined;
  readonly clock: Clock;
}

export interface KeyRing {
  /** Who sent this `Authorization` header; undefined when it names nobody. */
  identify(authorization: string | undefined): KeyPrincipal | undefined;
  /** Whose key has this name; undefined when there is none that is good now. */
  named(name: string): KeyPrincipal | undefined;
}

type KeyPrincipal = Principal & { readonly kind: 'key' };

/** Name of the one key that may do everything. */
export const MASTER_NAME = 'master';

const PREFIX = 'rk_';
const HASH_PREFIX = 'sha256:';
/** Of randomness in a key. */
const KEY_BYTES = 32;

/** Makes a key. It is shown once, to the one who asked; only the record is kept. */
export function createKey(
  parts: Omit<KeyRecord, 'hash'>,
  bytes: (count: number) => Uint8Array = randomBytes,
): { readonly key: string; readonly record: KeyRecord } {
  const key = `${PREFIX}${Buffer.from(bytes(KEY_BYTES)).toString('base64url')}`;
  return { key, record: { ...parts, hash: hashKey(key) } };
}

export function hashKey(key: string): string {
  return `${HASH_PREFIX}${hash('sha256', key, 'base64url')}`;
}

/** Whether a text has the form of a kept hash. */
export function isKeyHash(text: string): boolean {
  return /^sha256:[A-Za-z0-9_-]{43}$/.test(text);
}

export function createKeyRing({ records, masterKey, clock }: KeyRingOptions): KeyRing {
  const master: readonly KeyRecord[] =
    masterKey === undefined
      ? []
      : [{ name: MASTER_NAME, hash: hashKey(masterKey), scopes: SCOPES, expiresAt: undefined }];
  const all = [...master, ...records].map((record) => ({
    ...record,
    digest: Buffer.from(record.hash),
    principal: {
      kind: 'key',
      name: record.name,
      hash: record.hash,
      scopes: new Set(record.scopes),
    } as const,
  }));
  const isCurrent = ({ expiresAt }: KeyRecord): boolean =>
    expiresAt === undefined || clock.wallMs() < expiresAt;
  return {
    identify(authorization) {
      const key = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
      if (key === undefined) return undefined;
      const asked = Buffer.from(hashKey(key));
      let found: KeyPrincipal | undefined;
      // All of them, whichever fits: the time must not tell which one it was.
      for (const record of all) {
        if (isSameHash(record.digest, asked) && isCurrent(record)) found = record.principal;
      }
      return found;
    },
    named: (name) => all.find((record) => record.name === name && isCurrent(record))?.principal,
  };
}

/** Two hashes are as long as each other; a record that holds anything else fits no key. */
const isSameHash = (left: Buffer, right: Buffer): boolean =>
  left.length === right.length && timingSafeEqual(left, right);
