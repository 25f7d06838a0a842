import { describe, expect, it } from 'vitest';
import { parseConversationId } from '../../domain/ids.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import type { PlatformRequest, Requester } from '../request/platform-request.ts';
import { createAnalyticsApi, type AnalyticsContext } from './analytics.ts';

const interval = { fromAt: Date.UTC(2026, 0, 5, 9), toAt: Date.UTC(2026, 0, 5, 10) };
const detail = (conversationId: string): object => ({
  conversationId,
  conversationStart: '2026-01-05T09:10:00.000Z',
  participants: [
    { participantId: 'p1', purpose: 'customer', attributes: { 'crm.tier': 'gold' } },
    { purpose: 'no id' },
  ],
});

/** Answers one body after the other, and keeps what was asked. */
function scripted(...bodies: readonly unknown[]): {
  requester: Requester;
  asked: PlatformRequest[];
} {
  const asked: PlatformRequest[] = [];
  const requester: Requester = {
    send: async (request) => {
      asked.push(request);
      const body = bodies[asked.length - 1];
      return { status: 200, headers: new Map(), body, correlationId: undefined };
    },
  };
  return { requester, asked };
}

const time = (): AnalyticsContext & { clock: ManualClock } => ({
  clock: new ManualClock(),
  random: () => 0.5,
  closing: new AbortController().signal,
});

describe('createAnalyticsApi', () => {
  it('asks for live conversations of queues, page by page', async () => {
    const full = Array.from({ length: 100 }, (_, index) => detail(`c${index}`));
    const { requester, asked } = scripted(
      { conversations: full, totalHits: 101 },
      { conversations: [detail('c100')], totalHits: 101 },
    );
    const api = createAnalyticsApi(requester, time());
    const found = await api.queryDetails({ ...interval, queueIds: ['q1', 'q2'], onlyLive: true });
    expect(found).toHaveLength(101);
    expect(found[0]).toMatchObject({ conversationId: 'c0', endedAt: undefined });
    expect(asked).toHaveLength(2);
    expect(asked[1]?.body).toEqual({
      interval: '2026-01-05T09:00:00.000Z/2026-01-05T10:00:00.000Z',
      order: 'asc',
      orderBy: 'conversationStart',
      conversationFilters: [
        { type: 'and', predicates: [{ dimension: 'conversationEnd', operator: 'notExists' }] },
      ],
      segmentFilters: [
        {
          type: 'or',
          predicates: ['q1', 'q2'].map((value) => ({
            type: 'dimension',
            dimension: 'queueId',
            operator: 'matches',
            value,
          })),
        },
      ],
      paging: { pageSize: 100, pageNumber: 2 },
    });
  });

  it('starts a job, looks until it is done, and fetches by cursor what it found', async () => {
    const { requester, asked } = scripted(
      { jobId: 'j1' },
      { state: 'PENDING' },
      { state: 'FULFILLED' },
      { conversations: [detail('c1')], cursor: 'next' },
      { conversations: [detail('c2')] },
    );
    const context = time();
    const api = createAnalyticsApi(requester, context);
    const conversationIds = [parseConversationId('c1'), parseConversationId('c2')];
    const job = api.runDetailsJob({ ...interval, conversationIds });
    await context.clock.advance(60_000);
    const found = await job;
    expect(found.map(({ conversationId }) => conversationId)).toEqual(['c1', 'c2']);
    expect(found[0]?.participants[0]?.attributes.get('crm.tier')).toBe('gold');
    expect(asked.map(({ method, path, query }) => [method, path, query?.['cursor']])).toEqual([
      ['POST', '/api/v2/analytics/conversations/details/jobs', undefined],
      ['GET', '/api/v2/analytics/conversations/details/jobs/j1', undefined],
      ['GET', '/api/v2/analytics/conversations/details/jobs/j1', undefined],
      ['GET', '/api/v2/analytics/conversations/details/jobs/j1/results', undefined],
      ['GET', '/api/v2/analytics/conversations/details/jobs/j1/results', 'next'],
    ]);
  });

  it.each(['FAILED', 'CANCELLED', 'EXPIRED'])('says that a job ended as %s', async (state) => {
    const { requester } = scripted({ jobId: 'j1' }, { state, errorMessage: 'too much' });
    await expect(
      createAnalyticsApi(requester, time()).runDetailsJob(interval),
    ).rejects.toMatchObject({
      code: 'ERR_GENESYS_JOB_FAILED',
      message: expect.stringContaining('too much'),
    });
  });

  it('stops looking when its signal aborts', async () => {
    const { requester } = scripted({ jobId: 'j1' }, { state: 'QUEUED' });
    const context = time();
    const controller = new AbortController();
    const job = createAnalyticsApi(requester, context).runDetailsJob(interval, {
      signal: controller.signal,
    });
    job.catch(() => undefined);
    await context.clock.advance(0);
    controller.abort(new Error('enough'));
    await expect(job).rejects.toThrow('enough');
    expect(context.clock.pendingTimers).toBe(0);
  });
});
