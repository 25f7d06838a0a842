import type { Dispatcher } from 'undici';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { SourceOptions } from './options.ts';
import type { Source } from './source.ts';
import { createCsvSource } from './sources/csv/csv-source.ts';
import { createHttpSource } from './sources/http/http-source.ts';
import { createMysqlSource } from './sources/sql/mysql-source.ts';
import { createPostgresSource } from './sources/sql/postgres-source.ts';
import { createSqliteSource } from './sources/sql/sqlite-source.ts';
import { createStaticSource } from './sources/static-source.ts';

export interface SourceDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly dispatcher?: Dispatcher | undefined;
}

/** Builds the source that the options describe. It connects at its first read. */
export function openSource(name: string, options: SourceOptions, deps: SourceDeps): Source {
  switch (options.type) {
    case 'http':
      return createHttpSource(name, options, deps);
    case 'postgres':
      return createPostgresSource(name, options, deps.log);
    case 'mysql':
      return createMysqlSource(name, options);
    case 'sqlite':
      return createSqliteSource(name, options);
    case 'csv':
      return createCsvSource(name, options, deps);
    case 'static':
      return createStaticSource(options);
  }
}
