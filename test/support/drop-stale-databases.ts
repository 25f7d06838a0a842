import { createConnection, type RowDataPacket } from 'mysql2/promise';
import pg from 'pg';
import { staleDatabases } from './database-names.ts';
import { mysqlTestUrl } from './mysql.ts';

/** Runs once before all tests: the servers are shared, and runs are cut off. */
export async function setup(): Promise<void> {
  const url = process.env['RAPPORT_TEST_POSTGRES_URL'];
  if (url !== undefined) await dropOnPostgres(url);
  if (mysqlTestUrl !== undefined) await dropOnMysql(mysqlTestUrl);
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
