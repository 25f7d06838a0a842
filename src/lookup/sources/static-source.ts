import type { StaticSourceOptions } from '../options/file-options.ts';
import { NOT_FOUND, type Source } from '../source.ts';

/** Customers written into the configuration: for tests, demos, and lists of a few. */
export function createStaticSource(options: StaticSourceOptions): Source {
  // A Map, so that a key like `__proto__` or `constructor` finds nothing that was not written.
  const values = new Map(Object.entries(options.values));
  return {
    uses: { key: true, keyKind: false, conversationId: false },
    repeatable: true,
    async read({ key }) {
      const value = key === undefined ? undefined : values.get(key);
      // Nothing is cached for it, so its size is of no interest.
      return value === undefined || value === null ? NOT_FOUND : { found: true, value, bytes: 0 };
    },
    async [Symbol.asyncDispose]() {},
  };
}
