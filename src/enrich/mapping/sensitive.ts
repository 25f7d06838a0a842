/** Why a value must not be written, whatever the mapping says. */
export type SensitiveKind = 'card-number' | 'card-security-code';

/** Fewest and most digits of a payment card number (ISO/IEC 7812-1; the shortest in use has 13). */
const CARD_DIGITS = { min: 13, max: 19 } as const;

/** The first digits that card issuers use: Visa, Mastercard, American Express, Diners, JCB, Discover, UnionPay, Maestro. */
const ISSUER =
  /^(?:4|5[0-8]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[47]|3(?:0[0-5]|[689])|35(?:2[89]|[3-8])|6)/;

/** Digits with single spaces or hyphens between them, not part of a longer word or of a phone number. */
const DIGIT_RUN = /(?<![\w+.])\d(?:[ -]?\d){12,}(?!\w|\.\d)/g;

const SECURITY_CODE_NAME =
  /(?:^|[^a-z])(?:cvv2?|cvc2?|csc|cvn|card[\s_.-]?(?:security|verification)[\s_.-]?(?:code|value|number)|security[\s_.-]?code)(?:$|[^a-z])/i;

/** A member of JSON text whose name is that of a card security code, with three or four digits. */
const SECURITY_CODE_MEMBER = /"([^"\\]{1,64})"\s*:\s*"?\s*\d{3,4}\s*"?\s*(?=[,}\]])/g;

/**
 * Finds payment card data in a value that is about to be written. Attributes are shown to agents,
 * sent in events and kept in analytics, none of which may hold it (PCI DSS 3.2.1 §3.2, 4.0 §3.3).
 */
export function findSensitive(key: string, text: string): SensitiveKind | undefined {
  // All of it is digits; most values have none, and the searches below cost more than this one.
  if (!/\d/.test(text)) return undefined;
  if (/^\s*\d{3,4}\s*$/.test(text) && SECURITY_CODE_NAME.test(splitCamel(key)))
    return 'card-security-code';
  for (const [, name = ''] of text.matchAll(SECURITY_CODE_MEMBER)) {
    if (SECURITY_CODE_NAME.test(splitCamel(name))) return 'card-security-code';
  }
  for (const [run] of text.matchAll(DIGIT_RUN)) {
    if (hasCardNumber(run)) return 'card-number';
  }
  return undefined;
}

const splitCamel = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1_$2');

/** Looks at every series of whole groups, since two numbers may stand beside each other. */
function hasCardNumber(run: string): boolean {
  const groups = run.split(/[ -]/);
  for (const start of groups.keys()) {
    let digits = '';
    for (const group of groups.slice(start)) {
      digits += group;
      if (digits.length > CARD_DIGITS.max) break;
      if (digits.length >= CARD_DIGITS.min && ISSUER.test(digits) && passesLuhn(digits))
        return true;
    }
  }
  return false;
}

/** The check digit rule of ISO/IEC 7812-1 annex B. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
