import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import type { LogFields } from '../../src/lib/log.ts';
import { startTestServer } from '../support/postgres.ts';
import { call, isVisible, json, post, startGrounds, startOn } from './service-stage.ts';

/** So that a lease is lost within the test, and won again. */
const BEATS = { beatMs: 200, aliveMs: 3_000, holdMs: 2_000 };
/** More than any that would tell of each would tell in a second. */
const FAILURES = 50;

describe('a service whose PostgreSQL goes away', () => {
  it('tells when it goes and when it is back, and nothing of each failure in between', async () => {
    await using server = await startTestServer();
    await using grounds = await startGrounds({ analytics: { queryDelayMs: 0 } });
    const lines: { readonly event: string; readonly fields: LogFields | undefined }[] = [];
    const note = (event: string, fields?: LogFields): void => void lines.push({ event, fields });
    const log = { debug() {}, info: note, warn: note, error: note };
    const told = async (event: string): Promise<LogFields | undefined> => {
      for (;;) {
        const line = lines.find((each) => each.event === event);
        if (line !== undefined) return line.fields;
        await wait(20);
      }
    };
    const parts = { log, beatTiming: BEATS };
    await using running = await startOn(grounds, { store: server.url, parts });
    const { ledger } = running.service;
    lines.length = 0;

    await server.stop();
    expect(await told('ledger.not-writable')).toMatchObject({
      reason: 'it cannot be reached',
      nextStep: expect.stringContaining('by itself'),
    });
    const { conversationId } = grounds.emulator.control.start({
      queue: 'Support',
      from: customer(1).phone,
    });
    const path = `/v1/conversations/${conversationId}/enrich`;
    while (ledger.health.failures < FAILURES) {
      expect((await call(running, path, post({}))).status).toBe(503);
    }
    const { missing } = await json(call(running, '/readyz'));
    expect(missing).toContain('ledger: it cannot be reached');
    await told('instance.lease-lost');

    await server.start();
    const over = await told('ledger.writable-again');
    expect(over?.['failures']).toBeGreaterThanOrEqual(FAILURES);
    await running.until(isVisible(conversationId));
    while ((await call(running, '/readyz')).status !== 200) await wait(20);
    const events = lines.map(({ event }) => event);
    for (const once of ['ledger.not-writable', 'ledger.writable-again']) {
      expect(events.filter((event) => event === once)).toHaveLength(1);
    }
    // The call came in before the channel was given up, or after: one of the two brings it.
    const others = events.filter((event) => !/^(gap|channel\.frames)/.test(event));
    expect([...new Set(others)].toSorted()).toEqual([
      'channel.closed',
      'channel.live',
      'instance.lease-lost',
      'ledger.not-writable',
      'ledger.writable-again',
    ]);
  });

  it('enriches the calls of that time as soon as it is back, long before analytics know of them', async () => {
    await using server = await startTestServer();
    await using grounds = await startGrounds({ analytics: { queryDelayMs: 3_600_000 } });
    await using running = await startOn(grounds, { store: server.url });
    const { ledger } = running.service;
    await server.stop();
    while (ledger.health.trouble === undefined) await wait(20);
    const calls = [1, 2].map((n) =>
      grounds.emulator.control.start({ queue: 'Support', from: customer(n).phone }),
    );
    const before = ledger.health.failures;
    while (ledger.health.failures === before) await wait(20);
    await server.start();
    for (const { conversationId } of calls) await running.until(isVisible(conversationId));
  });
});
