/**
 * Reference: the least that a durable service can do. A trigger is one row in a SQLite journal; rows
 * that came in together share one commit, which is on the disk before any of them is acknowledged.
 * Then read, lookup and write by undici, and the row goes out with the next commit. No framework,
 * no mapping, no audit, no proof, no retry, no budget.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { Pool, type Dispatcher } from 'undici';
import {
  attributesOf,
  customerOf,
  sayListening,
  surroundings,
  type ConversationBody,
  type CrmRecord,
} from './surroundings.ts';

const { platformPort, crmUrl, clientId, clientSecret, apiKey, journal, port } = surroundings();
/** A row that goes out waits this long for a commit that is made anyway. */
const OUT_MS = 20;

const database = new DatabaseSync(journal);
database.exec(`
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table if not exists journal (id integer primary key, conversation_id text not null);
`);
const insert = database.prepare('insert into journal (conversation_id) values (?)');
const remove = database.prepare('delete from journal where id = ?');

interface Incoming {
  readonly conversationId: string;
  readonly durable: (row: number | bigint) => void;
}

let incoming: Incoming[] = [];
let outgoing: (number | bigint)[] = [];
let isPlanned = false;

function commit(): void {
  isPlanned = false;
  const [came, gone] = [incoming, outgoing];
  [incoming, outgoing] = [[], []];
  if (came.length + gone.length === 0) return;
  database.exec('begin immediate');
  const rows = came.map(({ conversationId }) => insert.run(conversationId).lastInsertRowid);
  for (const row of gone) remove.run(row);
  database.exec('commit');
  came.forEach(({ durable }, index) => durable(rows[index] ?? 0));
}

/** One row in; resolves once it is on the disk. */
function takeIn(conversationId: string): Promise<number | bigint> {
  return new Promise((durable) => {
    incoming.push({ conversationId, durable });
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(commit);
  });
}

function takeOut(row: number | bigint): void {
  if (outgoing.push(row) === 1) setTimeout(commit, OUT_MS);
}

const platform = new Pool(`http://127.0.0.1:${platformPort}`, { connections: 64 });
const crm = new Pool(new URL(crmUrl).origin, { connections: 64 });

async function ask(pool: Pool, options: Dispatcher.RequestOptions): Promise<unknown> {
  const { statusCode, body } = await pool.request(options);
  if (statusCode < 300) return body.json();
  await body.dump();
  throw new Error(`${options.method} ${options.path} was answered ${statusCode}`);
}

const { access_token: token } = (await ask(platform, {
  method: 'POST',
  path: '/oauth/token',
  headers: {
    authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}`,
    'content-type': 'application/x-www-form-urlencoded',
  },
  body: 'grant_type=client_credentials',
})) as { readonly access_token: string };
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };

async function enrich(conversationId: string): Promise<void> {
  const one = `/api/v2/conversations/${conversationId}`;
  const conversation = await ask(platform, { method: 'GET', path: one, headers });
  const { participantId, phone } = customerOf(conversation as ConversationBody);
  const record = await ask(crm, { method: 'GET', path: `/${encodeURIComponent(phone)}` });
  const { statusCode, body } = await platform.request({
    method: 'PATCH',
    path: `${one}/participants/${participantId}/attributes`,
    headers,
    body: JSON.stringify({ attributes: attributesOf(record as CrmRecord) }),
  });
  await body.dump();
  if (statusCode >= 300) throw new Error(`the write was answered ${statusCode}`);
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  const id = /^\/v1\/conversations\/([^/]+)\/enrich$/.exec(request.url ?? '')?.[1];
  if (id === undefined || request.headers.authorization !== `Bearer ${apiKey}`) {
    response.writeHead(id === undefined ? 404 : 401).end();
    return;
  }
  const row = await takeIn(id);
  response.writeHead(202).end();
  await work(row, id);
}

async function work(row: number | bigint, conversationId: string): Promise<void> {
  await enrich(conversationId);
  takeOut(row);
}

const fail = (error: unknown): void => void process.stderr.write(`${String(error)}\n`);

// What a process before this one had acknowledged and not done.
const left = database.prepare('select id, conversation_id from journal').all();
for (const row of left) work(Number(row['id']), String(row['conversation_id'])).catch(fail);

const server = createServer((request, response) => {
  serve(request, response).catch(fail);
});
server.listen(port, '127.0.0.1', () => {
  sayListening(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => {
  server.closeAllConnections();
  server.close(() => process.exit(0));
});
