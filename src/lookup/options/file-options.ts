import { z } from 'zod';
import {
  count,
  guardShape,
  HOUR,
  MIB,
  type GuardOptions,
  type VariantSchema,
} from './guard-options.ts';
import { rowShape, type RowOptions } from './row-options.ts';

export interface CsvSourceOptions extends GuardOptions, RowOptions {
  readonly type: 'csv';
  readonly file: string;
  readonly keyColumn: string | Readonly<Record<string, string>>;
  readonly delimiter: string;
  readonly ignoreCase: boolean;
  readonly checkMs: number;
  readonly maxFileBytes: number;
}

export interface StaticSourceOptions extends GuardOptions {
  readonly type: 'static';
  readonly values: Readonly<Record<string, unknown>>;
}

const column = z.string().min(1);

export const csvSourceSchema: VariantSchema<CsvSourceOptions> = z.strictObject({
  type: z
    .literal('csv')
    .describe(
      'A CSV file with a line of column names, kept in memory and read again when it changes.',
    ),
  file: z.string().min(1).describe('Path of the file, from the working folder. UTF-8.'),
  keyColumn: z
    .union([column, z.record(z.string(), column)])
    .describe(
      'Column that the key is looked for in; or, by kind of key, such as { phone: mobile, email: mail }.',
    ),
  delimiter: z
    .string()
    .regex(/^[^"\r\n]$/u, 'expected one character')
    .default(',')
    .describe('What separates fields: one character. Default a comma.'),
  ignoreCase: z
    .boolean()
    .default(false)
    .describe('Whether a key is found whatever its case, as with e-mail addresses. Default false.'),
  checkMs: count(0, HOUR)
    .default(1000)
    .describe(
      'How often the file is looked at for changes, at most, in milliseconds. 0 to 3600000, default 1000.',
    ),
  maxFileBytes: count(1, 1024 * MIB)
    .default(64 * MIB)
    .describe('Largest file, in bytes. 1 to 1 GiB, default 67108864 (64 MiB).'),
  ...rowShape(),
  ...guardShape({ concurrent: 16, isCached: false }),
});

export const staticSourceSchema: VariantSchema<StaticSourceOptions> = z.strictObject({
  type: z.literal('static').describe('Values written here, by key.'),
  values: z.record(z.string(), z.json()).describe('Value by customer’s key.'),
  ...guardShape({ concurrent: 16, isCached: false }),
});
