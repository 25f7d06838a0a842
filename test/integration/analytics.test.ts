import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import { isAnswered, isVisible, startStage } from './service-stage.ts';

const SECRET = `whsec_${Buffer.from('a secret of twenty-four b').toString('base64')}`;

interface Post {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A webhook that takes posts and answers with one status. */
async function openSink(
  status: number,
): Promise<AsyncDisposable & { url: string; next(): Promise<Post> }> {
  const posts: Post[] = [];
  let news = Promise.withResolvers<void>();
  const server: Server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    request.on('end', () => {
      posts.push({ headers: request.headers, text });
      response.writeHead(status).end();
      news.resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    async next() {
      for (;;) {
        const post = posts.shift();
        if (post !== undefined) return post;
        news = Promise.withResolvers<void>();
        await news.promise;
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('the analytics webhook', () => {
  it('is told what became visible, signed, under the trace of the enrichment', async () => {
    await using sink = await openSink(200);
    await using stage = await startStage({
      config: (config) => ({ ...config, analytics: { url: sink.url, secret: SECRET } }),
    });
    const { conversationId } = stage.emulator.control.start({
      queue: 'Support',
      from: customer(1).phone,
    });
    const { answered } = await stage.until(isAnswered(conversationId));
    const { headers, text } = await sink.next();
    expect(JSON.parse(text)).toEqual({
      eventType: 'conversation.attributes.enriched',
      conversationId,
      attributes: {
        'crm.customerId': customer(1).id,
        'crm.tier': 'gold',
        'crm.lastInteraction': '2026-01-02',
        'crm.preferences': '***',
      },
      traceId: answered?.outcome.traceId,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(headers['x-trace-id']).toBe(answered?.outcome.traceId);
    expect(() => new Webhook(SECRET).verify(text, headers as Record<string, string>)).not.toThrow();
  });

  it('is told of a failure', async () => {
    await using sink = await openSink(204);
    await using stage = await startStage({
      config: (config) => ({ ...config, analytics: { url: sink.url } }),
    });
    await stage.service.ledger.accept([
      {
        id: 'request-1' as never,
        conversationId: 'nobody' as never,
        kind: 'enrich',
        lane: 'manual',
        dedupeKey: 'request-1',
        traceId: 'trace-1' as never,
        body: {},
      },
    ]);
    const { text, headers } = await sink.next();
    expect(JSON.parse(text)).toMatchObject({
      eventType: 'conversation.attributes.failed',
      conversationId: 'nobody',
      attributes: {},
      traceId: 'trace-1',
    });
    expect(headers['webhook-signature']).toBeUndefined();
  });

  it('never delays a write when it is dead', async () => {
    await using stage = await startStage({
      config: (config) => ({ ...config, analytics: { url: 'http://127.0.0.1:9/dead' } }),
    });
    const { conversationId } = stage.emulator.control.start({
      queue: 'Support',
      from: customer(1).phone,
    });
    await stage.until(isVisible(conversationId));
    const [message] = await stage.service.ledger.outbox.list();
    expect(message).toMatchObject({ conversationId, destination: 'analytics' });
  });
});
