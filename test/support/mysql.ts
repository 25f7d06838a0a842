import { createConnection } from 'mysql2/promise';
import { nameDatabase } from './database-names.ts';

/** A MySQL or MariaDB database of its own; disposing it drops it. */
export interface MysqlTestDatabase extends AsyncDisposable {
  readonly url: string;
  execute(...statements: readonly string[]): Promise<void>;
}

/** The server for tests, or undefined: there is no embedded one, so such tests are then skipped. */
export const mysqlTestUrl: string | undefined = process.env['RAPPORT_TEST_MYSQL_URL'];

export async function createMysqlTestDatabase(server: string): Promise<MysqlTestDatabase> {
  const name = nameDatabase(Date.now());
  const url = new URL(server);
  url.pathname = `/${name}`;
  await executeAll(server, [`create database ${name} character set utf8mb4`]);
  return {
    url: url.href,
    execute: (...statements) => executeAll(url.href, statements),
    [Symbol.asyncDispose]: () => executeAll(server, [`drop database if exists ${name}`]),
  };
}

async function executeAll(url: string, statements: readonly string[]): Promise<void> {
  const connection = await createConnection({ uri: url });
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}
