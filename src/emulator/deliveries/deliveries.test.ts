import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startTestEmulator, type ForeignJson } from '../../../test/fixtures/emulator-clients.ts';

interface Sink extends AsyncDisposable {
  readonly url: string;
  readonly got: ForeignJson[];
  /** Waits for that many. */
  has(count: number): Promise<void>;
}

/** Answers with these statuses in turn, then with 200. */
async function startSink(...statuses: number[]): Promise<Sink> {
  const got: unknown[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      got.push(JSON.parse(body));
      response.writeHead(statuses.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    got,
    async has(count) {
      while (got.length < count) await new Promise((wake) => setImmediate(wake));
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('Deliveries', () => {
  it('posts the envelope of EventBridge, and flat JSON as a data action', async () => {
    await using sink = await startSink();
    const topics = ['v2.detail.events.conversation.{id}.customer.start'];
    await using emulator = await startTestEmulator({
      deliveries: [
        { url: sink.url, shape: 'eventbridge', topics },
        { url: sink.url, shape: 'data-action', topics, delayMs: 1000 },
      ],
    });
    const { conversationId, participantId } = emulator.control.start({ queue: 'Support' });
    await emulator.control.advance(0);
    await sink.has(1);
    await emulator.control.advance(1000);
    await sink.has(2);
    expect(sink.got[0]).toMatchObject({
      version: '0',
      'detail-type': topics[0],
      detail: {
        topicName: `v2.detail.events.conversation.${conversationId}.customer.start`,
        eventBody: { conversationId, participantId, mediaType: 'VOICE' },
      },
    });
    expect(sink.got[1]).toMatchObject({
      eventType: 'customer.start',
      conversationId,
      participantId,
    });
  });

  it('tries again what was refused, and says so', async () => {
    await using sink = await startSink(500);
    await using emulator = await startTestEmulator({
      deliveries: [
        {
          url: sink.url,
          shape: 'eventbridge',
          topics: ['v2.detail.events.conversation.{id}.attributes'],
        },
      ],
    });
    const { control } = emulator;
    const { conversationId } = control.start();
    control.writeAttributes(conversationId, { a: '1' });
    await control.advance(0);
    await sink.has(1);
    while (control.deliveries()[0]?.refused !== 1) await new Promise((wake) => setImmediate(wake));
    await control.advance(1000);
    await sink.has(2);
    expect(sink.got[0].id).toBe(sink.got[1].id);
  });

  it('delivers twice where it is told to', async () => {
    await using sink = await startSink();
    await using emulator = await startTestEmulator({
      deliveries: [
        {
          url: sink.url,
          shape: 'eventbridge',
          duplicates: 1,
          topics: ['v2.detail.events.conversation.{id}.customer.start'],
        },
      ],
    });
    emulator.control.start();
    await emulator.control.advance(0);
    await sink.has(2);
    expect(sink.got[0].id).toBe(sink.got[1].id);
  });
});
