/** What one value, and one evaluation, may come to. One unit is one value or one character of text. */
export const METER_LIMITS = {
  /** The largest value that a function or an operator is given: about the largest CRM record there is. */
  value: 300_000,
  /** All values that one evaluation hands around, each counted whenever it is. */
  evaluation: 3_000_000,
} as const;

/** Too much data, a picture that is refused, too many steps; in the form of JSONata's own codes. */
export type MeterCode = 'R0001' | 'R0002' | 'R0003';

/** An expression made more than it may. */
export class MeterError extends Error {
  override readonly name = 'MeterError';
  readonly code: MeterCode;

  constructor(code: MeterCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Counts what one evaluation hands around. A value that refers to another one twice counts it
 * twice: such a value is small in memory and endless to whoever walks it, which is how a few
 * characters of an expression could hang the process.
 */
export class Meter {
  #spent = 0;

  /** @throws {MeterError} when the value, or all values so far, are too large */
  take(value: unknown): void {
    this.spend(sizeOf(value, METER_LIMITS.value));
  }

  /** @throws {MeterError} */
  spend(units: number): void {
    this.#spent += units;
    if (units > METER_LIMITS.value || this.#spent > METER_LIMITS.evaluation) {
      throw new MeterError('R0001', 'made more data than an expression may');
    }
  }
}

/** Units of a value; stops counting soon after `limit`. */
function sizeOf(value: unknown, limit: number): number {
  if (typeof value === 'string') return value.length + 1;
  if (typeof value !== 'object' || value === null) return 1;
  let size = 0;
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && size <= limit) {
    const item = waiting.pop();
    size += typeof item === 'string' ? item.length + 1 : 1;
    if (Array.isArray(item)) {
      // Not spread: a list longer than the limit must not be copied to be refused.
      if (item.length > limit) return item.length;
      for (const child of item) waiting.push(child);
    } else if (isData(item)) {
      for (const child of Object.values(item)) waiting.push(child);
    }
  }
  return size;
}

/** Plain data; JSONata's own functions hold their environment, which is not walked. */
function isData(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return !('_jsonata_function' in value) && !('_jsonata_lambda' in value);
}
