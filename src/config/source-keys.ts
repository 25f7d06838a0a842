import type { SourceOptions } from '../lookup/options.ts';

/** The key preferences of the sources that have their own. */
export function sourceKeysOf(
  sources: Readonly<Record<string, Pick<SourceOptions, 'key'>>>,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(sources).flatMap(([name, { key }]) => (key === undefined ? [] : [[name, key]])),
  );
}
