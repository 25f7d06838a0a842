import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import { API_KEY, isAnswered, isVisible, startStage } from './service-stage.ts';

const SECRET = `whsec_${Buffer.from('a secret of twenty-four b').toString('base64')}`;

interface Post {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A webhook that takes posts and answers with each status once, and with the last ever after. */
async function openSink(
  ...statuses: readonly number[]
): Promise<AsyncDisposable & { url: string; next(): Promise<Post> }> {
  const posts: Post[] = [];
  let answered = 0;
  let news = Promise.withResolvers<void>();
  const server: Server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    request.on('end', () => {
      posts.push({ headers: request.headers, text });
      response.writeHead(statuses[answered++] ?? statuses.at(-1) ?? 200).end();
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

  it('is sent to again after a 410, once a message is replayed', async () => {
    await using sink = await openSink(410, 204);
    await using stage = await startStage({
      config: (config) => ({ ...config, analytics: { url: sink.url } }),
    });
    const from = customer(1).phone;
    const { conversationId } = stage.emulator.control.start({ queue: 'Support', from });
    const refused = await sink.next();
    await stage.until(isVisible(conversationId));
    const call = async (path: string, method: string): Promise<Response> =>
      fetch(`${stage.service.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${API_KEY}` },
      });
    const list = async (): Promise<readonly { readonly id: string }[]> => {
      const answer = await call('/v1/deliveries?state=dead', 'GET');
      return ((await answer.json()) as { deliveries: { id: string }[] }).deliveries;
    };
    // The result of a post is recorded after it was taken.
    let [dead] = await list();
    while (dead === undefined) [dead] = await list();
    expect((await call(`/v1/deliveries/${dead.id}/replay`, 'POST')).status).toBe(202);
    expect((await sink.next()).text).toBe(refused.text);
    expect((await call('/v1/deliveries/nothing/replay', 'POST')).status).toBe(404);
  });

  it('is one of several, of which a dead one holds up no other and a reload adds one', async () => {
    await using first = await openSink(200);
    await using later = await openSink(200);
    let webhooks: object = { dead: { url: 'http://127.0.0.1:9/dead' } };
    await using stage = await startStage({
      config: (config) => ({ ...config, analytics: { url: first.url }, webhooks }),
    });
    const call = async (): Promise<string> => {
      const from = customer(1).phone;
      const { conversationId } = stage.emulator.control.start({ queue: 'Support', from });
      await stage.until(isVisible(conversationId));
      return conversationId;
    };
    const one = await call();
    expect(JSON.parse((await first.next()).text)).toMatchObject({ conversationId: one });
    webhooks = { ...webhooks, lake: { url: later.url, personal: 'send' } };
    expect(await stage.service.reload()).toMatchObject({ applied: ['webhooks'] });
    const two = await call();
    const told = { eventType: 'conversation.attributes.enriched', conversationId: two };
    const sent = (preferences: unknown) => ({
      ...told,
      attributes: { 'crm.preferences': preferences },
    });
    expect(JSON.parse((await first.next()).text)).toMatchObject(sent('***'));
    expect(JSON.parse((await later.next()).text)).toMatchObject(
      sent(expect.stringContaining('"language":"en"')),
    );
    const kept = await stage.service.ledger.outbox.list();
    const untold = kept.filter(
      ({ destination, state }) => destination === 'dead' && state !== 'sent',
    );
    expect(new Set(untold.map(({ conversationId }) => conversationId))).toEqual(
      new Set([one, two]),
    );
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
