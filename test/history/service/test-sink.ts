import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Health } from './test-crm.ts';

/** A post that the webhook accepted. */
export interface Received {
  readonly id: string;
  readonly conversationId: string;
}

/** An analytics webhook that keeps what it accepted, in the order in which it did. */
export class TestSink implements AsyncDisposable {
  readonly received: Received[] = [];
  health: Health = 'well';
  /** What it asks to be given before the next attempt while it is dead, in seconds. */
  retryAfterS = 2;
  /** Posts that it did not accept. */
  refused = 0;
  readonly #server: Server;
  readonly #unanswered = new Set<ServerResponse>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<TestSink> {
    const server = createServer((request, response) => void sink.#take(request, response));
    const sink = new TestSink(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Well again, and those who still wait are cut off. */
  recover(): void {
    this.health = 'well';
    for (const response of this.#unanswered) response.destroy();
    this.#unanswered.clear();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // the sender was killed while it sent
    }
    if (this.health === 'silent') {
      this.refused += 1;
      this.#unanswered.add(response);
      return;
    }
    if (this.health === 'dead') {
      this.refused += 1;
      response.writeHead(503, { 'retry-after': String(this.retryAfterS) }).end();
      return;
    }
    const { conversationId } = JSON.parse(Buffer.concat(chunks).toString()) as Received;
    this.received.push({ id: String(request.headers['webhook-id']), conversationId });
    response.writeHead(204).end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
