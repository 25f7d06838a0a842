import { describe, expect, it } from 'vitest';
import { signIn, startTestEmulator } from '../../../test/fixtures/emulator-clients.ts';

const DETAILS = '/api/v2/analytics/conversations/details';
const DAY = '2026-01-05T00:00:00.000Z/2026-01-06T00:00:00.000Z';

describe('analyticsRoutes', () => {
  it('finds a queue’s conversations after the delay, without attributes', async () => {
    await using emulator = await startTestEmulator();
    const { control } = emulator;
    const { call } = await signIn(emulator);
    const [support] = control.world().queues;
    const { conversationId } = control.start({ queue: 'Support', attributes: { a: '1' } });
    control.start({ queue: 'Sales' });
    const body = {
      interval: DAY,
      segmentFilters: [
        {
          type: 'and',
          predicates: [{ type: 'dimension', dimension: 'queueId', value: support?.id }],
        },
      ],
      conversationFilters: [
        { type: 'and', predicates: [{ dimension: 'conversationEnd', operator: 'notExists' }] },
      ],
    };
    expect((await call('POST', `${DETAILS}/query`, body)).body.totalHits).toBe(0);
    await control.advance(15_000);
    const found = await call('POST', `${DETAILS}/query`, body);
    expect(found.body).toMatchObject({ totalHits: 1, conversations: [{ conversationId }] });
    expect(JSON.stringify(found.body)).not.toContain('attributes');
  });

  it('shows in a job what a participant held at the end, and no later write', async () => {
    await using emulator = await startTestEmulator();
    const { control } = emulator;
    const { call } = await signIn(emulator);
    const { conversationId } = control.start({ queue: 'Support', attributes: { a: 'before' } });
    control.end(conversationId);
    control.writeAttributes(conversationId, { a: 'after' });
    expect(control.attributes(conversationId)).toEqual({ a: 'after' });
    await control.advance(60_000);
    const { jobId } = (await call('POST', `${DETAILS}/jobs`, { interval: DAY })).body;
    expect((await call('GET', `${DETAILS}/jobs/${jobId}`)).body.state).toBe('QUEUED');
    await control.advance(1000);
    const results = await call('GET', `${DETAILS}/jobs/${jobId}/results`);
    expect(results.body.conversations[0].participants[0].attributes).toEqual({ a: 'before' });
  });

  it('refuses an interval that is none and a page that is too large', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    const bodies = [{ interval: 'today' }, { interval: DAY, paging: { pageSize: 101 } }];
    for (const body of bodies) {
      expect((await call('POST', `${DETAILS}/query`, body)).status).toBe(400);
    }
  });
});

describe('searchRoutes', () => {
  it('finds participants by an attribute', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    const wanted = emulator.control.start({ attributes: { 'crm.id': 'C1' } });
    emulator.control.start({ attributes: { 'crm.id': 'C2' } });
    const found = await call('POST', '/api/v2/conversations/participants/attributes/search', {
      query: [{ type: 'EXACT', fields: ['crm.id'], value: 'C1' }],
    });
    expect(found.body.results).toMatchObject([wanted]);
  });
});

describe('secureRoutes', () => {
  it('keeps secure attributes by version and apart from the plain ones', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    const { conversationId } = emulator.control.start({ queue: 'Support' });
    const path = `/api/v2/conversations/${conversationId}/secureattributes`;
    expect((await call('GET', path)).body.code).toBe('secure.attributes.not.found');
    await call('PUT', path, { attributes: { ssn: '1' } });
    expect((await call('PATCH', path, { attributes: { dob: '2' }, version: 1 })).status).toBe(202);
    expect((await call('PATCH', path, { attributes: { dob: '3' }, version: 1 })).status).toBe(409);
    expect((await call('GET', path)).body).toEqual({
      attributes: { ssn: '1', dob: '2' },
      version: 2,
    });
    expect(emulator.control.attributes(conversationId)).toEqual({});
  });
});

describe('startPurging', () => {
  it('forgets an ended conversation after its time, and the oldest when there are too many', async () => {
    await using emulator = await startTestEmulator({
      retention: { endedForMs: 60_000, endedAtMost: 2 },
    });
    const { control } = emulator;
    const ids = [1, 2, 3].map(() => control.start().conversationId);
    const live = control.start().conversationId;
    for (const id of ids) control.end(id);
    expect(control.conversations().map((c) => c.id)).toEqual([ids[1], ids[2], live]);
    await control.advance(60_000);
    expect(control.conversations().map((c) => c.id)).toEqual([live]);
  });
});
