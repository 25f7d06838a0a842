import { badRequest, notFound } from '../http/errors.ts';
import { fieldsOf, isFields, type Fields } from '../http/fields.ts';
import { any, noContent, ok, accepted, param, type Call, type Route } from '../http/route.ts';
import type { ConversationState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import type { Archive } from './archive.ts';
import { parseFilters, parseInterval } from './filter.ts';
import type { AnalyticsSettings } from './settings.ts';
import { viewDetail } from './view.ts';

export interface AnalyticsParts {
  readonly world: World;
  readonly archive: Archive;
  readonly analytics: AnalyticsSettings;
}

const BASE = '/api/v2/analytics/conversations/details';
const SCOPE = 'analytics:readonly';
const MAY_READ = any('analytics:conversationDetail:view', 'analytics:agentConversationDetail:view');

/** Most conversations on one page of the detail query. Source: the contract's PagingSpec, July 2026. */
const PAGE_MAX = 100;

/** Conversation details: the query, which has no attributes, and the jobs, which have. */
export function analyticsRoutes(parts: AnalyticsParts): Route[] {
  const { archive } = parts;
  const permissions = any('analytics:conversationDetail:view');
  const read = { scope: SCOPE, permissions };
  return [
    {
      method: 'POST',
      path: `${BASE}/query`,
      scope: SCOPE,
      permissions: MAY_READ,
      handle: (call) => ok(query(parts, call)),
    },
    {
      ...read,
      method: 'POST',
      path: `${BASE}/jobs`,
      handle: (call) => accepted({ jobId: archive.startJob(selectionOf(fieldsOf(call.body))) }),
    },
    {
      ...read,
      method: 'GET',
      path: `${BASE}/jobs/availability`,
      handle: () => ok({ dataAvailabilityDate: new Date(archive.knownUntil()).toISOString() }),
    },
    {
      ...read,
      method: 'GET',
      path: `${BASE}/jobs/{jobId}`,
      handle: (call) => ok(jobState(archive, call)),
    },
    {
      ...read,
      method: 'GET',
      path: `${BASE}/jobs/{jobId}/results`,
      handle: (call) => ok(jobResults(archive, call)),
    },
    {
      ...read,
      method: 'DELETE',
      path: `${BASE}/jobs/{jobId}`,
      handle: (call) => {
        if (!archive.removeJob(param(call, 'jobId'))) throw notFound();
        return noContent();
      },
    },
  ];
}

function query({ world, analytics }: AnalyticsParts, call: Call): unknown {
  const body = fieldsOf(call.body);
  const isWanted = selectionOf(body);
  const knownUntil = world.now() - analytics.queryDelayMs;
  const found = [...world.conversations.values()].filter(
    (conversation) => conversation.startedAt <= knownUntil && isWanted(conversation),
  );
  sort(found, body);
  const { pageSize, pageNumber } = pagingOf(body['paging']);
  const page = found.slice((pageNumber - 1) * pageSize, pageNumber * pageSize);
  return {
    conversations: page.map((conversation) => viewDetail(conversation)),
    totalHits: found.length,
  };
}

/** Interval and filters. A conversation belongs to an interval that it started in or was alive in. */
function selectionOf(body: Fields): (conversation: ConversationState) => boolean {
  const [from, to] = parseInterval(body['interval']);
  const conversations = parseFilters(body['conversationFilters']);
  const segments = parseFilters(body['segmentFilters']);
  return (conversation) =>
    conversation.startedAt < to &&
    (conversation.endedAt ?? Number.POSITIVE_INFINITY) >= from &&
    conversations(conversation) &&
    segments(conversation);
}

function sort(found: ConversationState[], body: Fields): void {
  const sign = body['order'] === 'desc' ? -1 : 1;
  const byEnd = body['orderBy'] === 'conversationEnd';
  const at = (c: ConversationState): number =>
    byEnd ? (c.endedAt ?? Number.MAX_SAFE_INTEGER) : c.startedAt;
  found.sort((a, b) => sign * (at(a) - at(b)));
}

function pagingOf(paging: unknown): { readonly pageSize: number; readonly pageNumber: number } {
  const given = isFields(paging) ? paging : {};
  const pageSize = given['pageSize'] ?? 25;
  const pageNumber = given['pageNumber'] ?? 1;
  const isGood = isCount(pageSize) && pageSize <= PAGE_MAX && isCount(pageNumber);
  if (!isGood)
    throw badRequest(`paging takes a pageSize of 1 to ${PAGE_MAX} and a pageNumber from 1`);
  return { pageSize, pageNumber };
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 1;

function jobState(archive: Archive, call: Call): unknown {
  const job = archive.job(param(call, 'jobId'));
  if (job === undefined) throw notFound();
  const submissionDate = new Date(job.submittedAt).toISOString();
  return { state: job.state, submissionDate };
}

function jobResults(archive: Archive, call: Call): unknown {
  const job = archive.job(param(call, 'jobId'));
  if (job?.state !== 'FULFILLED') throw notFound();
  const pageSize = Math.min(
    1000,
    Math.max(1, Number(call.query.get('pageSize') ?? '1000') || 1000),
  );
  const from = Number(call.query.get('cursor') ?? '0') || 0;
  const until = from + pageSize;
  return {
    conversations: job.results.slice(from, until),
    cursor: until < job.results.length ? String(until) : undefined,
    dataAvailabilityDate: new Date(archive.knownUntil()).toISOString(),
  };
}
