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
  identify(authorization: string | undefined): Principal | undefined;
}

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
      : [{ name: 'master', hash: hashKey(masterKey), scopes: SCOPES, expiresAt: undefined }];
  const all = [...master, ...records].map((record) => ({
    ...record,
    digest: Buffer.from(record.hash),
    principal: { kind: 'key', name: record.name, scopes: new Set(record.scopes) } as const,
  }));
  return {
    identify(authorization) {
      const key = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
      if (key === undefined) return undefined;
      const asked = Buffer.from(hashKey(key));
      const nowMs = clock.wallMs();
      let found: Principal | undefined;
      // All of them, whichever fits: the time must not tell which one it was.
      for (const record of all) {
        const isCurrent = record.expiresAt === undefined || nowMs < record.expiresAt;
        if (isSameHash(record.digest, asked) && isCurrent) found = record.principal;
      }
      return found;
    },
  };
}

/** Two hashes are as long as each other; a record that holds anything else fits no key. */
const isSameHash = (left: Buffer, right: Buffer): boolean =>
  left.length === right.length && timingSafeEqual(left, right);
