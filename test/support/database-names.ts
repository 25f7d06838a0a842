import { randomBytes } from 'node:crypto';

const PREFIX = 'rapport_test_';
/** No run takes so long, soaks included: what is older was left by one that was cut off, in milliseconds. */
const STALE_MS = 6 * 3_600_000;

/** A name for a database of a test, which tells when it was made. */
export function nameDatabase(nowMs: number): string {
  return `${PREFIX}${Math.floor(nowMs / 1000)}_${randomBytes(6).toString('hex')}`;
}

/** Those that a run left behind which was cut off before it could drop them. */
export function staleDatabases(names: readonly string[], nowMs: number): readonly string[] {
  return names.filter((name) => {
    const seconds = /^rapport_test_(\d+)_[0-9a-f]{12}$/.exec(name)?.[1];
    return seconds !== undefined && Number(seconds) * 1000 < nowMs - STALE_MS;
  });
}
