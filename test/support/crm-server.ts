import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived on the wire. */
export interface ArrivedRequest {
  readonly method: string;
  /** Path and query exactly as sent. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Responder = (request: ArrivedRequest, response: ServerResponse) => void;

export interface CrmServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly ArrivedRequest[];
  respond: Responder;
  /** Resolves when that many requests have arrived since the start. */
  arrivals(count: number): Promise<void>;
}

/** Answers with JSON. */
export function json(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Responder {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(status === 204 ? undefined : JSON.stringify(body));
  };
}

/** Keeps the request open for ever. */
export const silence: Responder = () => {};

/** A real HTTP server on loopback whose answers a test decides, request by request. */
export async function startCrmServer(respond: Responder = json(200, {})): Promise<CrmServer> {
  const requests: ArrivedRequest[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((incoming, response) => {
    void take(incoming, response);
  });
  const take = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: target = '', headers } = incoming;
    const request = { method, target, headers, body: await readBody(incoming) };
    requests.push(request);
    for (const check of waiting) check();
    crm.respond(request, response);
  };
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const crm: CrmServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    respond,
    arrivals: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (requests.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  return crm;
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  let body = '';
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) body += chunk.toString('utf8');
  } catch {
    // The caller hung up while sending; the part that arrived is what there is.
  }
  return body;
}
