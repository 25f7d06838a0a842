import { UNPRINTABLE } from '../lib/unprintable.ts';
import { LookupError } from './errors.ts';

/** Longest customer key that is looked up, in UTF-16 units; longer ones are no key but an attempt. */
export const MAX_KEY_LENGTH = 512;

/**
 * Refuses a key that no customer has: empty (it would ask for everybody), overlong, or with
 * characters that only matter to those who parse what they should not. It comes from callers'
 * numbers, addresses and attributes, so anybody may have chosen it.
 *
 * @throws {LookupError}
 */
export function checkKey(source: string, key: string | undefined): void {
  if (key === undefined || key.trim() === '') {
    throw new LookupError({
      code: 'ERR_SOURCE_KEY_MISSING',
      source,
      message: 'asks by the customer’s key and there is none',
      nextStep: 'See customer.key in the configuration: none of the listed keys gave a value.',
    });
  }
  if (key.length > MAX_KEY_LENGTH) {
    throw refusedKey(source, `it is ${key.length} characters long, more than ${MAX_KEY_LENGTH}`);
  }
  if (UNPRINTABLE.test(key)) throw refusedKey(source, 'it holds control characters');
}

export function refusedKey(source: string, why: string): LookupError {
  return new LookupError({
    code: 'ERR_SOURCE_KEY_REFUSED',
    source,
    message: `was not asked, because the customer’s key is refused: ${why}`,
    nextStep: 'See where the key comes from; somebody may have chosen it to do harm.',
  });
}
