import { z } from 'zod';
import { compileQuery, type Dialect } from '../sources/sql/compile-query.ts';
import { guardShape, type GuardOptions, type VariantSchema } from './guard-options.ts';
import { rowShape, type RowOptions } from './row-options.ts';

interface QueryOptions extends GuardOptions, RowOptions {
  readonly query: string;
}

export interface PostgresSourceOptions extends QueryOptions {
  readonly type: 'postgres';
  readonly url: string;
}

export interface MysqlSourceOptions extends QueryOptions {
  readonly type: 'mysql';
  readonly url: string;
}

export interface SqliteSourceOptions extends QueryOptions {
  readonly type: 'sqlite';
  readonly file: string;
}

const queryFor = (dialect: Dialect): z.ZodType<string> =>
  z
    .string()
    .superRefine((sql, context) => {
      const query = compileQuery(sql, dialect);
      if ('text' in query) return;
      context.addIssue({ code: 'custom', message: query.problem, input: sql });
    })
    .describe(
      'One statement that reads, with :key, :keyKind and :conversationId where their values belong. They are bound, never pasted.',
    );

const urlOf = (example: string, ...protocols: readonly string[]): z.ZodType<string> =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `expected a URL such as ${example}`,
    )
    .describe(`Server, database, user and password, such as ${example}.`);

export const postgresSourceSchema: VariantSchema<PostgresSourceOptions> = z.strictObject({
  type: z.literal('postgres').describe('A PostgreSQL database.'),
  url: urlOf('postgres://reader:password@db.example/crm', 'postgres:', 'postgresql:'),
  query: queryFor('postgres'),
  ...rowShape(),
  ...guardShape({ concurrent: 8, isCached: true }),
});

export const mysqlSourceSchema: VariantSchema<MysqlSourceOptions> = z.strictObject({
  type: z.literal('mysql').describe('A MySQL or MariaDB database.'),
  url: urlOf('mysql://reader:password@db.example/crm', 'mysql:', 'mariadb:'),
  query: queryFor('mysql'),
  ...rowShape(),
  ...guardShape({ concurrent: 8, isCached: true }),
});

export const sqliteSourceSchema: VariantSchema<SqliteSourceOptions> = z.strictObject({
  type: z.literal('sqlite').describe('An SQLite file, opened read-only.'),
  file: z.string().min(1).describe('Path of the file, from the working folder.'),
  query: queryFor('sqlite'),
  ...rowShape(),
  // Each of them is a process.
  ...guardShape({ concurrent: 1, isCached: true }),
});
