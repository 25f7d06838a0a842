import { z } from 'zod';
import {
  csvSourceSchema,
  staticSourceSchema,
  type CsvSourceOptions,
  type StaticSourceOptions,
} from './options/file-options.ts';
import { httpSourceSchema, type HttpSourceOptions } from './options/http-options.ts';
import {
  mysqlSourceSchema,
  postgresSourceSchema,
  sqliteSourceSchema,
  type MysqlSourceOptions,
  type PostgresSourceOptions,
  type SqliteSourceOptions,
} from './options/sql-options.ts';

/** One source, every default filled in. */
export type SourceOptions =
  | HttpSourceOptions
  | PostgresSourceOptions
  | MysqlSourceOptions
  | SqliteSourceOptions
  | CsvSourceOptions
  | StaticSourceOptions;

export const sourceOptionsSchema: z.ZodType<SourceOptions> = z.discriminatedUnion('type', [
  httpSourceSchema,
  postgresSourceSchema,
  mysqlSourceSchema,
  sqliteSourceSchema,
  csvSourceSchema,
  staticSourceSchema,
]);

/** The `sources` section: sources by name. */
export const sourcesSchema: z.ZodType<Readonly<Record<string, SourceOptions>>> = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/, 'expected a name such as crm'),
    sourceOptionsSchema,
  )
  .describe('Where customers are looked up, by a name that the attributes’ expressions use.');
