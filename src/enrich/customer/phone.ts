import type { CountryCode } from 'libphonenumber-js/min';
import { LRUCache } from 'lru-cache';

/** Turns an address into E.164 (`+15551230001`), or says that it is none. */
export type ToE164 = (address: string) => string | undefined;

/** Longest address looked at, in characters. E.164 has 15 digits; a SIP URI with parameters is longer. */
const MAX_ADDRESS_LENGTH = 256;

/**
 * E.164 already, and possible as it is: the one plan with a single length, and with no prefix that could
 * be taken for one. The library comes to the same, by trying the plans of 25 countries.
 */
const NORTH_AMERICAN = /^\+1[2-9]\d{9}$/;

/** How many addresses are remembered with what they came to. */
const KNOWN_ADDRESSES = 5000;

/**
 * Loads the phone metadata (about 80 kB), which is why it happens on first use and not at start.
 * Numbers without a country prefix need `defaultCountry` (ISO 3166-1 alpha-2); without it they are
 * not guessed.
 */
export async function loadToE164(defaultCountry?: string): Promise<ToE164> {
  const { parsePhoneNumberFromString, isSupportedCountry } = await import('libphonenumber-js/min');
  const country: CountryCode | undefined =
    defaultCountry !== undefined && isSupportedCountry(defaultCountry) ? defaultCountry : undefined;
  const read = (address: string): string | undefined => {
    const bare = bareNumber(address);
    if (bare === undefined || NORTH_AMERICAN.test(bare)) return bare;
    const number = parsePhoneNumberFromString(bare, {
      ...(country && { defaultCountry: country }),
      extract: false,
    });
    return number?.isPossible() === true ? number.number : undefined;
  };
  // One conversation is looked at many times, and reading a number is a third of the work of a turn.
  const known = new LRUCache<string, { readonly number: string | undefined }>({
    max: KNOWN_ADDRESSES,
  });
  return (address) => {
    const found = known.get(address) ?? { number: read(address) };
    if (address.length <= MAX_ADDRESS_LENGTH) known.set(address, found);
    return found.number;
  };
}

/** The number in `tel:+1…;ext=5`, `sip:+1…@host`, `sip:+1…`, or as it stands; nothing for a name or an e-mail address. */
export function bareNumber(address: string): string | undefined {
  if (address.length > MAX_ADDRESS_LENGTH) return undefined;
  const [, scheme, rest = ''] = /^\s*(?:(tel|sip|sips|callto):)?(.*)$/is.exec(address) ?? [];
  if (scheme === undefined && rest.includes('@')) return undefined;
  const user = rest.split(/[@;?]/, 1)[0]?.trim() ?? '';
  let number = user;
  try {
    number = decodeURIComponent(user);
  } catch {
    // A stray percent sign: the address is taken as it stands, and judged below.
  }
  return /^\+?[\d\s().\-/]{3,}$/.test(number) ? number : undefined;
}
