import { describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import { silentLog, type Log } from '../../src/lib/log.ts';
import { SIGN_IN } from '../fixtures/client.ts';
import { call, isVisible, json, post, startGrounds, startOn } from './service-stage.ts';

const EVENT_OF_A_QUEUE = {
  topicName: 'v2.routing.queues.a-queue.conversations',
  eventBody: {
    id: 'c1',
    participants: [{ id: 'p1', purpose: 'customer', calls: [{ state: 'connected' }] }],
  },
};

interface Warnings {
  readonly log: Log;
  /** Events of warnings and errors, oldest first. */
  readonly events: readonly string[];
  /** Resolves with the first one of this name. */
  readonly until: (event: string) => Promise<void>;
}

function collectWarnings(): Warnings {
  const events: string[] = [];
  const came = new Map<string, PromiseWithResolvers<void>>();
  const of = (event: string): PromiseWithResolvers<void> => {
    const known = came.get(event) ?? Promise.withResolvers<void>();
    came.set(event, known);
    return known;
  };
  const note = (event: string): void => {
    events.push(event);
    of(event).resolve();
  };
  return {
    log: { ...silentLog, warn: note, error: note },
    events,
    until: (event) => of(event).promise,
  };
}

describe('a service that starts while the platform is away', () => {
  it('takes requests, is not ready, and works on everything once the platform is back', async () => {
    await using grounds = await startGrounds({ analytics: { queryDelayMs: 0 } });
    const { control } = grounds.emulator;
    control.addFault({ kind: 'reset' });
    const { log, events, until } = collectWarnings();
    await using running = await startOn(grounds, { atOnce: true, parts: { log } });
    const { live } = running.service;
    const readyz = (): Promise<unknown> => json(call(running, '/readyz'));

    const asked = control.start({ from: customer(1).phone });
    const path = `/v1/conversations/${asked.conversationId}/enrich`;
    expect((await call(running, path, post({}))).status).toBe(202);
    const calling = control.start({ queue: 'Support', from: customer(2).phone });
    expect(await readyz()).toMatchObject({ missing: ['notification channel'] });
    const refused = await call(running, '/v1/events', post(EVENT_OF_A_QUEUE));
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(await refused.json()).toMatchObject({ code: 'ERR_LISTEN_UNRESOLVED' });

    await until('genesys.waiting');
    control.clearFaults();
    await live;
    expect(await readyz()).toEqual({ status: 'ready' });
    await running.until(isVisible(asked.conversationId));
    await running.until(isVisible(calling.conversationId));
    // One cause, and nothing beside it: the event was refused for it, too.
    expect(new Set(events)).toEqual(new Set(['genesys.waiting']));
  });

  it('misses its sign-in when it listens to nothing, and takes events all the same', async () => {
    await using grounds = await startGrounds();
    const { control } = grounds.emulator;
    control.addFault({ kind: 'reset' });
    await using running = await startOn(grounds, {
      atOnce: true,
      config: (written) => ({ ...written, listen: {} }),
    });
    const ready = (): Promise<Response> => call(running, '/readyz');
    expect(await json(ready())).toMatchObject({ missing: ['sign-in'] });
    const { conversationId } = control.start({ from: customer(1).phone });
    const asked = await call(running, `/v1/conversations/${conversationId}/enrich`, post({}));
    expect(asked.status).toBe(202);
    expect((await call(running, '/v1/events', post(EVENT_OF_A_QUEUE))).status).toBe(202);

    control.clearFaults();
    await running.service.live;
    expect((await ready()).status).toBe(200);
    await running.until(isVisible(conversationId));
  });

  it('says that it was not let in, also when it listens to nothing', async () => {
    await using grounds = await startGrounds();
    const auth = { ...SIGN_IN, clientSecret: 'not-the-secret' };
    const genesys = { apiUrl: grounds.emulator.apiUrl, auth };
    await using running = await startOn(grounds, {
      atOnce: true,
      config: (written) => ({ ...written, genesys, listen: {} }),
    });
    await expect(running.service.live).rejects.toMatchObject({
      code: 'ERR_GENESYS_SIGN_IN_REFUSED',
    });
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
