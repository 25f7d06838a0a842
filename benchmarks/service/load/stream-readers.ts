import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { Pool } from 'undici';
import { atRate } from '../../kit/rate.ts';
import { API_KEY } from '../contenders/contender.ts';

/** Each takes two requests, and one key may send a thousand in a second. */
const OPENED_PER_SECOND = 400;

/** One open stream of server-sent events, and what came in it. */
export class StreamReader {
  events: number = 0;
  /** Events whose number is not the last one's plus one, and gaps that the service told of. */
  outOfOrder: number = 0;
  readonly conversationId: string | undefined;
  readonly #response: IncomingMessage;
  #last = 0;
  #rest = '';

  constructor(response: IncomingMessage, conversationId: string | undefined) {
    this.conversationId = conversationId;
    this.#response = response;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#take(text));
    // A reader that is closed resets its socket.
    response.on('error', () => undefined);
  }

  close(): void {
    this.#response.destroy();
  }

  #take(text: string): void {
    const frames = `${this.#rest}${text}`.split('\n\n');
    this.#rest = frames.pop() ?? '';
    for (const frame of frames) {
      const id = /^id: (.*)\nevent: (.*)$/m.exec(frame);
      if (id === null) continue;
      this.events += 1;
      if (id[2] === 'gap') this.outOfOrder += 1;
      if (this.conversationId === undefined) continue;
      const number = Number(id[1]);
      if (number !== this.#last + 1) this.outOfOrder += 1;
      this.#last = number;
    }
  }
}

/**
 * Opens one stream for each conversation, and one of all conversations for each `undefined`, every
 * one over a socket of its own and with a ticket that is good for it once.
 */
export async function openStreams(
  url: string,
  targets: readonly (string | undefined)[],
): Promise<readonly StreamReader[]> {
  const pool = new Pool(url, { connections: 64 });
  const agent = new Agent({ maxSockets: Infinity });
  const readers: StreamReader[] = [];
  await atRate({ perSecond: OPENED_PER_SECOND, count: targets.length }, async (index) => {
    const conversationId = targets[index];
    const ticket = await ticketFor(pool, conversationId);
    const path = conversationId === undefined ? 'events' : `conversations/${conversationId}/events`;
    const request = get(`${url}/v1/${path}?ticket=${ticket}`, { agent });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200)
      throw new Error(`a stream was answered ${response.statusCode}`);
    readers.push(new StreamReader(response, conversationId));
  });
  await pool.close();
  return readers;
}

async function ticketFor(pool: Pool, conversationId: string | undefined): Promise<string> {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/v1/tickets',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ conversationId }),
  });
  const { ticket } = (await body.json()) as { readonly ticket?: string };
  if (ticket === undefined) throw new Error(`a ticket was answered ${statusCode}`);
  return encodeURIComponent(ticket);
}
