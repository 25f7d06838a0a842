import type { PersonKey } from '../turn.ts';
import { digitsOf, idOf } from './person-digest.ts';

/** Fewer digits name nobody: they stand in every other text. */
export const MIN_PHONE_DIGITS = 5;
/** So many last digits are a number of its own, written without its country. */
const NATIONAL_DIGITS = 9;

const SCHEME = /^\s*(?:tel|sips?|callto|mailto):/i;
const NUMBER = /^\s*\+?[\d\s().\-/]+$/;

/** Whether a text somewhere in the value is this key of the person, with or without an address's scheme. */
export function mentions(value: unknown, person: PersonKey): boolean {
  if (typeof value === 'string') return isKey(value, person);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((each) => mentions(each, person));
}

function isKey(text: string, { kind, value }: PersonKey): boolean {
  const bare = text.replace(SCHEME, '');
  if (kind === 'customer') return idOf(text) === idOf(value) || idOf(bare) === idOf(value);
  const [user = ''] = bare.split(/[@;?]/, 1);
  return NUMBER.test(user) && isSameNumber(digitsOf(user), digitsOf(value));
}

function isSameNumber(one: string, other: string): boolean {
  const shorter = Math.min(one.length, other.length);
  return (
    one === other || (shorter >= NATIONAL_DIGITS && (one.endsWith(other) || other.endsWith(one)))
  );
}

/** Digits that every way to write the number has in common. */
export const commonDigits = (phone: string): string => digitsOf(phone).slice(-NATIONAL_DIGITS);
