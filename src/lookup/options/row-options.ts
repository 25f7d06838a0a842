import { z } from 'zod';
import { count, MIB } from './guard-options.ts';

/** Which rows make an answer; for sources that give rows. */
export interface RowOptions {
  readonly rows: 'first' | 'only' | 'all';
  readonly maxRows: number;
  readonly maxBytes: number;
}

interface RowShape {
  readonly rows: z.ZodType<RowOptions['rows']>;
  readonly maxRows: z.ZodType<number>;
  readonly maxBytes: z.ZodType<number>;
}

/** The members that the schema of every source with rows has. */
export function rowShape(): RowShape {
  return {
    rows: z
      .enum(['first', 'only', 'all'])
      .default('first')
      .describe(
        'What makes the answer: the first row; the only row, where several are a failure; or all rows as a list. Default first.',
      ),
    maxRows: count(1, 10_000)
      .default(100)
      .describe(
        'Most rows that are read; with rows: all, more than that is a failure. 1 to 10000, default 100.',
      ),
    maxBytes: count(1, 64 * MIB)
      .default(MIB)
      .describe('Longest answer, in bytes of JSON. 1 to 64 MiB, default 1048576 (1 MiB).'),
  };
}
