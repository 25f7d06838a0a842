import jsonata from 'jsonata';
import { METER_LIMITS, Meter, MeterError } from './meter.ts';

/**
 * JSONata's functions, each behind a meter, so that none is given or makes more than it may. The
 * limits of JSONata itself are asked between the steps of an expression; a single function that
 * pads text to a gigabyte, or compares values that refer to each other, is over them in one step.
 */

/** A function as JSONata keeps it. `this` holds the environment of the evaluation. */
interface Builtin {
  readonly _jsonata_function: true;
  readonly implementation: (this: Focus, ...args: unknown[]) => unknown;
  readonly signature: unknown;
}

interface Focus {
  readonly environment: { readonly base: object };
}

/** The functions that a mapping may call, all of JSONata 2.2 but those that `REFUSED_FUNCTIONS` names. */
export const BUILTIN_NAMES: readonly string[] = (
  'sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim ' +
  'pad contains split join replace formatNumber formatBase formatInteger number floor ceil round abs sqrt ' +
  'power boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each ' +
  'error assert type sort distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent ' +
  'decodeUrl toMillis fromMillis clone'
).split(' ');

/** Functions that no mapping may call, with the reason. */
export const REFUSED_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['eval', '$eval compiles text from data as code'],
  ['random', '$random gives another value at every run, so that nothing would ever be unchanged'],
  ['shuffle', '$shuffle gives another order at every run, so that nothing would ever be unchanged'],
  [
    'match',
    '$match needs a regular expression, and those are refused, since one can hang the process',
  ],
  [
    'parseInteger',
    '$parseInteger makes a regular expression of its picture, and one can hang the process',
  ],
]);

/** The name by which a metered tree calls the meter. */
export const METER_FUNCTION = 'rapport_meter';

/** Longest picture of a date or a number, in characters. */
const MAX_PICTURE_LENGTH = 64;

type Check = (args: readonly unknown[]) => void;

/** What a function is asked before it runs: how much would it make of its arguments? */
const CHECKS: ReadonlyMap<string, Check> = new Map([
  ['pad', ([, width]) => bound(Math.abs(Number(width ?? 0)))],
  ['join', ([list, separator]) => bound(lengthOf(list) * lengthOf(separator))],
  [
    'replace',
    ([text, pattern, replacement]) =>
      bound((lengthOf(text) / Math.max(1, lengthOf(pattern))) * lengthOf(replacement)),
  ],
  ['distinct', ([list]) => bound(lengthOf(list) ** 2 / 100)],
  ['sort', ([list]) => bound(lengthOf(list) * 20)],
  ['formatNumber', checkPicture],
  ['formatInteger', checkPicture],
  ['fromMillis', checkPicture],
  [
    'toMillis',
    ([, picture]) => {
      if (picture !== undefined)
        throw new MeterError('R0002', '$toMillis takes ISO 8601 only, no picture');
    },
  ],
]);

function bound(units: number): void {
  if (!(units <= METER_LIMITS.value)) {
    throw new MeterError('R0001', 'would make more data than an expression may');
  }
}

function checkPicture([, picture]: readonly unknown[]): void {
  if (typeof picture !== 'string') return;
  // A width such as [Y,9999999] pads to it.
  if (picture.length > MAX_PICTURE_LENGTH || /,[^\]]*\d{3}/.test(picture)) {
    throw new MeterError('R0002', 'a picture is too long or too wide');
  }
}

const lengthOf = (value: unknown): number =>
  typeof value === 'string' || Array.isArray(value) ? value.length : 1;

/** Every function that a metered expression may call, by name; one set serves all expressions. */
export const METERED_FUNCTIONS: ReadonlyMap<string, Builtin> = await meterBuiltins();

async function meterBuiltins(): Promise<ReadonlyMap<string, Builtin>> {
  // The environment of an evaluation is its own object, and lives as long as the evaluation.
  const meters = new WeakMap<object, Meter>();
  const meterOf = ({ environment: { base } }: Focus): Meter => {
    const known = meters.get(base) ?? new Meter();
    meters.set(base, known);
    return known;
  };
  const metered = new Map<string, Builtin>();
  for (const name of BUILTIN_NAMES) {
    const builtin: Builtin = await jsonata(`$${name}`).evaluate({});
    const check = CHECKS.get(name);
    metered.set(name, {
      ...builtin,
      implementation(...args) {
        const meter = meterOf(this);
        for (const arg of args) meter.take(arg);
        check?.(args);
        const result = builtin.implementation.apply(this, args);
        // Text is made anew; other results are made of the arguments, and counted where they are used.
        if (typeof result === 'string') meter.take(result);
        return result;
      },
    });
  }
  metered.set(METER_FUNCTION, {
    _jsonata_function: true,
    signature: undefined,
    implementation(value) {
      meterOf(this).take(value);
      // JSONata takes the only item out of a list that is marked as a sequence, and has done so once.
      return Array.isArray(value) && 'sequence' in value ? Array.from(value) : value;
    },
  });
  return metered;
}
