import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import pg from 'pg';
import { STARTER_VARIABLE, startTestServer, type TestServer } from './postgres.ts';
import { staleDatabases } from './database-names.ts';
import { mysqlTestUrl } from './mysql.ts';

/**
 * Runs once before all tests, and what it returns after them. Servers that are named are shared with
 * others and with runs that were cut off; where no PostgreSQL is named, one is started for all files
 * as soon as the first of them asks.
 */
export async function setup(): Promise<() => Promise<void>> {
  if (mysqlTestUrl !== undefined) await dropOnMysql(mysqlTestUrl);
  const url = process.env['RAPPORT_TEST_POSTGRES_URL'];
  if (url === undefined) return offerPostgres();
  await dropOnPostgres(url);
  return async () => undefined;
}

/** Whoever asks over HTTP is told where the server is; starting it takes seconds, once. */
async function offerPostgres(): Promise<() => Promise<void>> {
  let started: Promise<TestServer> | undefined;
  const desk = createServer((_request, response) => {
    started ??= startTestServer();
    started.then(
      ({ url }) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve));
  // A TCP server that listens has an address with a port. The workers inherit the variable.
  const { port } = desk.address() as AddressInfo;
  process.env[STARTER_VARIABLE] = `http://127.0.0.1:${port}`;
  return async () => {
    desk.closeAllConnections();
    await new Promise((resolve) => desk.close(resolve));
    await (await started)?.[Symbol.asyncDispose]();
  };
}

async function dropOnPostgres(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      'select datname as name from pg_database',
    );
    const names = rows.map(({ name }) => name);
    for (const name of staleDatabases(names, Date.now())) {
      await client.query(`drop database if exists ${name} with (force)`);
    }
  } finally {
    await client.end();
  }
}

async function dropOnMysql(uri: string): Promise<void> {
  const connection = await createConnection({ uri });
  try {
    const [rows] = await connection.query<(RowDataPacket & { name: string })[]>(
      'select schema_name as name from information_schema.schemata',
    );
    const names = rows.map(({ name }) => name);
    for (const name of staleDatabases(names, Date.now())) {
      await connection.query(`drop database if exists ${name}`);
    }
  } finally {
    await connection.end();
  }
}
