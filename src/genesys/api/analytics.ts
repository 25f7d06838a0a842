import { parseAttributes, type Attributes } from '../../domain/attributes.ts';
import { RapportError } from '../../domain/errors.ts';
import type { ConversationId } from '../../domain/ids.ts';
import { backoffMs } from '../../lib/backoff.ts';
import { sleep, type Clock } from '../../lib/clock.ts';
import { asFields, asInstant, asText, type Fields } from '../../domain/fields.ts';
import {
  apiPath,
  type CallOptions,
  type PlatformRequest,
  type Requester,
} from '../request/platform-request.ts';
import { asList, asNumber, expectFields, expectText } from './fields.ts';

/** Epoch milliseconds. The platform takes at most 7 days (query) or 31 days (job). */
export interface Interval {
  readonly fromAt: number;
  readonly toAt: number;
}

export interface DetailsFilter extends Interval {
  /** Those that were on one of these queues or with one of these users. */
  readonly queueIds?: readonly string[] | undefined;
  readonly userIds?: readonly string[] | undefined;
  readonly conversationIds?: readonly ConversationId[] | undefined;
  /** Leaves out conversations that have ended. */
  readonly onlyLive?: boolean | undefined;
}

/** A conversation as analytics knows it; some seconds to minutes behind. */
export interface ConversationDetail {
  readonly conversationId: string;
  /** Epoch milliseconds. */
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly participants: readonly ParticipantDetail[];
}

export interface ParticipantDetail {
  readonly participantId: string;
  readonly purpose: string;
  /** Told by jobs only; the query leaves them out. What is written after the end is not kept. */
  readonly attributes: Attributes;
}

/** From the platform's API description of July 2026 and its SDK's types, read 2026-11-20. */
export interface AnalyticsApi {
  /**
   * Finds conversations, one request per 100, for catching up after a gap.
   *
   * Needs permission `analytics:conversationDetail:view` or `analytics:agentConversationDetail:view`;
   * scope `analytics` or `analytics:readonly`.
   */
  queryDetails(
    filter: DetailsFilter,
    options?: CallOptions,
  ): Promise<readonly ConversationDetail[]>;
  /**
   * Reads details with attributes, of ended conversations too, by an asynchronous job: it is started,
   * polled and fetched. Takes seconds to minutes.
   *
   * Needs permission `analytics:conversationDetail:view`; scope `analytics`.
   * @throws {RapportError} `ERR_GENESYS_JOB_FAILED`
   */
  runDetailsJob(
    filter: DetailsFilter,
    options?: CallOptions,
  ): Promise<readonly ConversationDetail[]>;
}

/** Largest page of the details query. Source: API reference, checked 2026-11-20. */
const DETAILS_PAGE_SIZE = 100;
/** Pages that are read at most. */
const MAX_PAGES = 100;
/** Between two looks at a job, in milliseconds. */
const POLL = { baseMs: 1_000, maxMs: 10_000 } as const;

export interface AnalyticsContext {
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal;
}

export function createAnalyticsApi(requester: Requester, context: AnalyticsContext): AnalyticsApi {
  const { clock, random, closing } = context;
  return {
    queryDetails: (filter, options) => queryDetails(requester, filter, options),
    async runDetailsJob(filter, options) {
      const signal =
        options?.signal === undefined ? closing : AbortSignal.any([options.signal, closing]);
      const jobId = await startJob(requester, filter, options);
      const later = { ...options, permit: undefined };
      for (let look = 1; !(await isJobDone(requester, jobId, later)); look++) {
        await sleep(clock, backoffMs(look, POLL, random), signal);
      }
      return fetchResults(requester, jobId, later);
    },
  };
}

async function queryDetails(
  requester: Requester,
  filter: DetailsFilter,
  options?: CallOptions,
): Promise<readonly ConversationDetail[]> {
  const found: ConversationDetail[] = [];
  for (let page = 1; page <= MAX_PAGES; page++) {
    const request: PlatformRequest = {
      operation: 'postAnalyticsConversationsDetailsQuery',
      method: 'POST',
      path: '/api/v2/analytics/conversations/details/query',
      body: { ...toQuery(filter), paging: { pageSize: DETAILS_PAGE_SIZE, pageNumber: page } },
      isRepeatable: true,
    };
    const pageOptions = page === 1 ? options : { ...options, permit: undefined };
    const fields = expectFields(request, await requester.send(request, pageOptions));
    const details = toDetails(fields);
    found.push(...details);
    const total = asNumber(fields['totalHits']) ?? 0;
    if (details.length < DETAILS_PAGE_SIZE || page * DETAILS_PAGE_SIZE >= total) break;
  }
  return found;
}

async function startJob(
  requester: Requester,
  filter: DetailsFilter,
  options?: CallOptions,
): Promise<string> {
  const request: PlatformRequest = {
    operation: 'postAnalyticsConversationsDetailsJobs',
    method: 'POST',
    path: '/api/v2/analytics/conversations/details/jobs',
    body: toQuery(filter),
    // A job that nobody fetches expires by itself.
    isRepeatable: true,
  };
  const answer = await requester.send(request, options);
  return expectText(expectFields(request, answer), 'jobId', { request, answer });
}

async function isJobDone(
  requester: Requester,
  jobId: string,
  options?: CallOptions,
): Promise<boolean> {
  const request: PlatformRequest = {
    operation: 'getAnalyticsConversationsDetailsJob',
    method: 'GET',
    path: apiPath`/api/v2/analytics/conversations/details/jobs/${jobId}`,
  };
  const fields = expectFields(request, await requester.send(request, options));
  const state = asText(fields['state']);
  if (state === 'FULFILLED') return true;
  if (state === 'FAILED' || state === 'CANCELLED' || state === 'EXPIRED') {
    throw new RapportError({
      code: 'ERR_GENESYS_JOB_FAILED',
      message: `analytics job ${jobId} ended as ${state}: ${asText(fields['errorMessage']) ?? 'no reason given'}`,
      nextStep: 'Ask for a shorter interval, or try again later.',
      fault: 'platform',
      details: { jobId, state },
    });
  }
  return false;
}

async function fetchResults(
  requester: Requester,
  jobId: string,
  options?: CallOptions,
): Promise<readonly ConversationDetail[]> {
  const found: ConversationDetail[] = [];
  let cursor: string | undefined;
  for (let page = 1; page <= MAX_PAGES; page++) {
    const request: PlatformRequest = {
      operation: 'getAnalyticsConversationsDetailsJobResults',
      method: 'GET',
      path: apiPath`/api/v2/analytics/conversations/details/jobs/${jobId}/results`,
      query: { cursor },
    };
    const fields = expectFields(request, await requester.send(request, options));
    found.push(...toDetails(fields));
    cursor = asText(fields['cursor']);
    if (cursor === undefined) break;
  }
  return found;
}

function toQuery(filter: DetailsFilter): Readonly<Record<string, unknown>> {
  const instants = [filter.fromAt, filter.toAt].map((at) => new Date(at).toISOString());
  const conversationFilters = [
    ...anyOf({ conversationId: filter.conversationIds }),
    ...(filter.onlyLive === true
      ? [{ type: 'and', predicates: [{ dimension: 'conversationEnd', operator: 'notExists' }] }]
      : []),
  ];
  const segmentFilters = anyOf({ queueId: filter.queueIds, userId: filter.userIds });
  return {
    interval: instants.join('/'),
    order: 'asc',
    orderBy: 'conversationStart',
    ...(conversationFilters.length === 0 ? {} : { conversationFilters }),
    ...(segmentFilters.length === 0 ? {} : { segmentFilters }),
  };
}

function anyOf(wanted: Readonly<Record<string, readonly string[] | undefined>>): readonly object[] {
  const predicates = Object.entries(wanted).flatMap(([dimension, values = []]) =>
    values.map((value) => ({ type: 'dimension', dimension, operator: 'matches', value })),
  );
  return predicates.length === 0 ? [] : [{ type: 'or', predicates }];
}

function toDetails(fields: Fields): readonly ConversationDetail[] {
  return asList(fields['conversations']).flatMap((item) => {
    const conversation = asFields(item);
    const conversationId = asText(conversation?.['conversationId']);
    if (conversation === undefined || conversationId === undefined) return [];
    return {
      conversationId,
      startedAt: asInstant(conversation['conversationStart']),
      endedAt: asInstant(conversation['conversationEnd']),
      participants: asList(conversation['participants']).flatMap(toParticipant),
    };
  });
}

function toParticipant(item: unknown): ParticipantDetail | [] {
  const fields = asFields(item);
  const participantId = asText(fields?.['participantId']);
  if (fields === undefined || participantId === undefined) return [];
  return {
    participantId,
    purpose: asText(fields['purpose']) ?? 'unknown',
    attributes: parseAttributes(fields['attributes']),
  };
}
