import type { Contender } from './contender.ts';
import { rapport } from './rapport.ts';
import { durableFloor, sdkInFastify } from './references.ts';

/** By the names that the command line takes. */
export const CONTENDERS: Readonly<Record<string, Contender>> = {
  rapport,
  floor: durableFloor,
  sdk: sdkInFastify,
};

/** @throws {Error} a name that nobody has */
export function contenderOf(name: string): Contender {
  const contender = CONTENDERS[name];
  if (contender !== undefined) return contender;
  throw new Error(`--only takes ${Object.keys(CONTENDERS).join(', ')}, not ${name}`);
}
