import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import { CUSTOMERS, SLOW_ONCE, type CrmCustomer } from './customers.ts';

export interface SampleCrm extends AsyncDisposable {
  /** The address to look customers up at, with `{key}` where the key goes. */
  readonly urlTemplate: string;
  readonly token: string;
  /** How many lookups were answered, by HTTP status. */
  readonly answers: ReadonlyMap<number, number>;
}

export interface SampleCrmOptions {
  readonly clock: Clock;
  /** How long an answer takes, in milliseconds. */
  readonly latencyMs: number;
  /** How long the first lookup of the slow customer takes, in milliseconds. */
  readonly slowMs: number;
}

const TOKEN = 'sample-crm-token';

/**
 * A small CRM over HTTP: `GET /v1/customers/{id, phone or e-mail}` with a bearer token answers
 * the record, 404 for nobody, 401 without the token. Listens on a free loopback port.
 */
export async function startSampleCrm(options: SampleCrmOptions): Promise<SampleCrm> {
  const answers = new Map<number, number>();
  const records = indexByKey(CUSTOMERS);
  let slowLeft = 1;

  const answer = (response: ServerResponse, status: number, body: unknown): void => {
    answers.set(status, (answers.get(status) ?? 0) + 1);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      answer(response, 401, { error: 'a bearer token is needed' });
      return;
    }
    const found = records.get(keyOf(request.url ?? '') ?? '');
    const isSlow = found === SLOW_ONCE && slowLeft-- > 0;
    const timer = options.clock.timer(isSlow ? options.slowMs : options.latencyMs, () => {
      if (found === undefined) answer(response, 404, { error: 'no such customer' });
      else answer(response, 200, found);
    });
    response.on('close', () => timer.cancel());
  };

  const server = createServer(handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    urlTemplate: `http://127.0.0.1:${port}/v1/customers/{key}`,
    token: TOKEN,
    answers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function indexByKey(customers: readonly CrmCustomer[]): ReadonlyMap<string, CrmCustomer> {
  return new Map(
    customers.flatMap((record) => [
      [record.id, record],
      [record.phone, record],
      [record.email, record],
    ]),
  );
}

function keyOf(url: string): string | undefined {
  const match = /^\/v1\/customers\/([^/?]+)$/.exec(url)?.[1];
  if (match === undefined) return undefined;
  try {
    return decodeURIComponent(match);
  } catch {
    return undefined;
  }
}
