import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CrmRecord {
  readonly id: string;
  tier: string;
  readonly pin: string;
}

/** `dead` answers with errors, `silent` with nothing at all. */
export type Health = 'well' | 'dead' | 'silent';

/** A CRM whose records change, and which can fall ill. */
export class TestCrm implements AsyncDisposable {
  readonly records: ReadonlyMap<string, CrmRecord>;
  readonly #server: Server;
  readonly #unanswered = new Set<ServerResponse>();
  #health: Health = 'well';
  #heard = Promise.withResolvers<void>();

  private constructor(server: Server, customers: number) {
    this.#server = server;
    this.records = new Map(
      Array.from({ length: customers }, (_, n) => [
        phoneOf(n),
        { id: `C-${n}`, tier: 'bronze', pin: `pin-${n}` },
      ]),
    );
  }

  static async start(customers: number): Promise<TestCrm> {
    const server = createServer((request, response) => crm.#answer(request.url ?? '', response));
    const crm = new TestCrm(server, customers);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return crm;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get health(): Health {
    return this.#health;
  }

  /** Whoever still waits for an answer is cut off. */
  set health(health: Health) {
    this.#health = health;
    this.#heard = Promise.withResolvers();
    for (const response of this.#unanswered) response.destroy();
    this.#unanswered.clear();
  }

  /** Resolves once somebody has asked since the health last changed. */
  get asked(): Promise<void> {
    return this.#heard.promise;
  }

  #answer(url: string, response: ServerResponse): void {
    this.#heard.resolve();
    if (this.#health === 'silent') {
      this.#unanswered.add(response);
      response.once('close', () => this.#unanswered.delete(response));
      return;
    }
    const record = this.records.get(decodeURIComponent(url.split('/').at(-1) ?? ''));
    const status = this.#health === 'dead' ? 503 : record === undefined ? 404 : 200;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(record ?? {}));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The numbers 555-0100 to 555-0199 of any North American area are kept for fiction. */
export const phoneOf = (customer: number): string =>
  `+1212555${String(100 + (customer % 100)).padStart(4, '0')}`;
