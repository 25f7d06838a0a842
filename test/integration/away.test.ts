import { describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import { API_KEY, isVisible, startGrounds, startOn } from './service-stage.ts';

const EVENT_OF_A_QUEUE = {
  topicName: 'v2.routing.queues.a-queue.conversations',
  eventBody: {
    id: 'c1',
    participants: [{ id: 'p1', purpose: 'customer', calls: [{ state: 'connected' }] }],
  },
};

describe('a service that starts while the platform is away', () => {
  it('takes requests, is not ready, and works on everything once the platform is back', async () => {
    await using grounds = await startGrounds({ analytics: { queryDelayMs: 0 } });
    const { control } = grounds.emulator;
    control.addFault({ kind: 'reset' });
    await using running = await startOn(grounds, { atOnce: true });
    const { url, live } = running.service;
    const post = (path: string, body: unknown): Promise<Response> =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const readyz = async (): Promise<unknown> => (await fetch(`${url}/readyz`)).json();

    const asked = control.start({ from: customer(1).phone });
    const path = `/v1/conversations/${asked.conversationId}/enrich`;
    expect((await post(path, {})).status).toBe(202);
    const calling = control.start({ queue: 'Support', from: customer(2).phone });
    expect(await readyz()).toMatchObject({ missing: ['notification channel'] });
    const refused = await post('/v1/events', EVENT_OF_A_QUEUE);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(await refused.json()).toMatchObject({ code: 'ERR_LISTEN_UNRESOLVED' });

    control.clearFaults();
    await live;
    expect(await readyz()).toEqual({ status: 'ready' });
    await running.until(isVisible(asked.conversationId));
    await running.until(isVisible(calling.conversationId));
  });

  it('says what makes listening impossible, which no waiting mends', async () => {
    await using grounds = await startGrounds();
    await using running = await startOn(grounds, {
      atOnce: true,
      config: (written) => ({ ...written, listen: { queues: ['Suport'] } }),
    });
    await expect(running.service.live).rejects.toMatchObject({
      code: 'ERR_LISTEN_UNKNOWN',
      message: expect.stringContaining('Suport'),
    });
  });
});
