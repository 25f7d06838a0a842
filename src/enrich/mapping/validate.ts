import type { AttributeClass } from '../../domain/attributes.ts';
import { UNPRINTABLE } from '../../lib/unprintable.ts';
import type { LimitOptions } from '../options.ts';
import { findSensitive } from './sensitive.ts';

/** A key with the text that is to be written. */
export interface Candidate {
  readonly key: string;
  readonly text: string;
  readonly class: AttributeClass;
  readonly required: boolean;
}

export interface Dropped {
  readonly key: string;
  readonly reason: DropReason;
  /** What the limit was and what it met; never the value. */
  readonly detail: string;
}

export type DropReason =
  | 'reserved-prefix'
  | 'key-not-allowed'
  | 'card-number'
  | 'card-security-code'
  | 'value-too-long'
  | 'too-many-keys'
  | 'patch-too-large';

export interface Validated {
  readonly kept: readonly Candidate[];
  readonly dropped: readonly Dropped[];
}

/**
 * Prefixes that belong to the platform: `context.` holds a chat's custom fields, `ivr.` what voice
 * flows leave, `conversationDetails.` what the agent's panel shows. Sources: platform help and
 * community, 2026-11.
 */
export const RESERVED_PREFIXES: readonly string[] = ['context.', 'ivr.', 'conversationDetails.'];

/**
 * Keeps what may be written. Refusals come first, then the limits: when there are too many keys, or
 * their JSON is too large, optional keys go before required ones, and of each the last in the
 * order of the mapping goes first.
 */
export function validateAttributes(
  candidates: readonly Candidate[],
  limits: LimitOptions,
): Validated {
  const dropped: Dropped[] = [];
  const allowed = candidates.filter((candidate) => {
    const refusal = refuse(candidate, limits);
    if (refusal !== undefined) dropped.push({ key: candidate.key, ...refusal });
    return refusal === undefined;
  });
  const kept = trim(allowed, limits, dropped);
  return { kept, dropped };
}

type Refusal = Omit<Dropped, 'key'>;

function refuse({ key, text }: Candidate, limits: LimitOptions): Refusal | undefined {
  const keyRefusal = checkKey(key, limits);
  if (keyRefusal !== undefined) return keyRefusal;
  const sensitive = findSensitive(key, text);
  if (sensitive !== undefined) {
    const what = sensitive === 'card-number' ? 'a payment card number' : 'a card security code';
    return { reason: sensitive, detail: `holds ${what}, which attributes must not hold` };
  }
  return text.length > limits.maxValueLength
    ? {
        reason: 'value-too-long',
        detail: `${text.length} characters, at most ${limits.maxValueLength}`,
      }
    : undefined;
}

/** Whether a key may be written at all; undefined when it may. */
export function checkKey(
  key: string,
  limits: Pick<LimitOptions, 'allowPrefixes' | 'maxKeyLength'>,
): Refusal | undefined {
  const isAllowed = limits.allowPrefixes.some((prefix) => key.startsWith(prefix));
  const reserved = RESERVED_PREFIXES.find((prefix) => key.startsWith(prefix));
  if (reserved !== undefined && !isAllowed) {
    return { reason: 'reserved-prefix', detail: `${reserved} belongs to the platform` };
  }
  if (key.length > limits.maxKeyLength) {
    return {
      reason: 'key-not-allowed',
      detail: `${key.length} characters, at most ${limits.maxKeyLength}`,
    };
  }
  return key.trim() === key && key !== '' && !UNPRINTABLE.test(key)
    ? undefined
    : {
        reason: 'key-not-allowed',
        detail: 'is empty, or has control characters or outer white space',
      };
}

/** Bytes of `{"attributes":{}}`, less the comma that the last entry does not have. */
const ENVELOPE_BYTES = 16;

function trim(
  allowed: readonly Candidate[],
  limits: LimitOptions,
  dropped: Dropped[],
): readonly Candidate[] {
  const leaving = [
    ...allowed.filter(({ required }) => required),
    ...allowed.filter(({ required }) => !required),
  ];
  let bytes = ENVELOPE_BYTES + leaving.reduce((sum, candidate) => sum + entryBytes(candidate), 0);
  const gone = new Set<string>();
  while (leaving.length > 0) {
    const isTooMany = leaving.length > limits.maxKeys;
    if (!isTooMany && bytes <= limits.maxBytes) break;
    const last = leaving.pop();
    if (last === undefined) break;
    dropped.push(
      isTooMany
        ? { key: last.key, reason: 'too-many-keys', detail: `at most ${limits.maxKeys} keys` }
        : { key: last.key, reason: 'patch-too-large', detail: `at most ${limits.maxBytes} bytes` },
    );
    bytes -= entryBytes(last);
    gone.add(last.key);
  }
  return allowed.filter(({ key }) => !gone.has(key));
}

/** Bytes that one entry adds to the JSON text, with its colon and comma. */
function entryBytes({ key, text }: Candidate): number {
  return Buffer.byteLength(JSON.stringify(key)) + Buffer.byteLength(JSON.stringify(text)) + 2;
}
