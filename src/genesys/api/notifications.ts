import { asFields, asText } from '../../domain/fields.ts';
import {
  apiPath,
  type CallOptions,
  type PlatformRequest,
  type Requester,
} from '../request/platform-request.ts';
import { isPlatformError } from '../errors.ts';
import { asList, asTexts, expectFields, expectText } from './fields.ts';

export interface NotificationChannel {
  readonly id: string;
  /** Whoever knows it can listen: treat it as a secret. */
  readonly connectUri: string;
  /** Epoch milliseconds; undefined when the platform did not say. */
  readonly expiresAt: number | undefined;
}

export interface Subscription {
  readonly topic: string;
  readonly state: 'Permitted' | 'Rejected' | 'unknown';
  readonly rejectionReason: string | undefined;
  readonly missingPermissions: readonly string[];
}

/**
 * Subscribing needs scope `notifications` and, per topic, the permission that
 * `GET /api/v2/notifications/availabletopics` names; without `ignoreErrors` one bad topic fails all.
 * From the platform's API description of July 2026, read 2026-11-20.
 */
export interface NotificationsApi {
  /**
   * Opens a channel for 24 hours. There are 20 per client; a further one removes the one that was
   * unused longest, so that one which a lost answer left behind does no harm.
   */
  createChannel(options?: CallOptions): Promise<NotificationChannel>;
  /** Whether the channel is still there. */
  hasChannel(channelId: string, options?: CallOptions): Promise<boolean>;
  listSubscriptions(channelId: string, options?: CallOptions): Promise<readonly Subscription[]>;
  /** Adds topics (1000 at most on a channel) and says of each whether it is permitted. */
  addSubscriptions(
    channelId: string,
    topics: readonly string[],
    options?: CallOptions,
  ): Promise<readonly Subscription[]>;
  /** Replaces all topics, and prolongs the channel's life. */
  replaceSubscriptions(
    channelId: string,
    topics: readonly string[],
    options?: CallOptions,
  ): Promise<readonly Subscription[]>;
  deleteSubscriptions(channelId: string, options?: CallOptions): Promise<void>;
}

export function createNotificationsApi(requester: Requester): NotificationsApi {
  const change = async (
    channelId: string,
    how: { readonly operation: string; readonly method: 'POST' | 'PUT' },
    rest: { readonly topics: readonly string[]; readonly options?: CallOptions | undefined },
  ): Promise<readonly Subscription[]> => {
    const body = rest.topics.map((id) => ({ id }));
    const request = subscriptions(channelId, { ...how, body, query: { ignoreErrors: true } });
    return readSubscriptions(requester, request, rest.options);
  };
  return {
    createChannel: (options) => createChannel(requester, options),
    hasChannel: (channelId, options) => hasChannel(requester, channelId, options),
    listSubscriptions: (channelId, options) =>
      readSubscriptions(
        requester,
        subscriptions(channelId, {
          operation: 'getNotificationsChannelSubscriptions',
          method: 'GET',
        }),
        options,
      ),
    addSubscriptions: (channelId, topics, options) =>
      change(
        channelId,
        { operation: 'postNotificationsChannelSubscriptions', method: 'POST' },
        { topics, options },
      ),
    replaceSubscriptions: (channelId, topics, options) =>
      change(
        channelId,
        { operation: 'putNotificationsChannelSubscriptions', method: 'PUT' },
        { topics, options },
      ),
    async deleteSubscriptions(channelId, options) {
      const operation = 'deleteNotificationsChannelSubscriptions';
      await requester.send(subscriptions(channelId, { operation, method: 'DELETE' }), options);
    },
  };
}

async function createChannel(
  requester: Requester,
  options?: CallOptions,
): Promise<NotificationChannel> {
  const request: PlatformRequest = {
    operation: 'postNotificationsChannels',
    method: 'POST',
    path: '/api/v2/notifications/channels',
    isRepeatable: true,
  };
  const answer = await requester.send(request, options);
  const fields = expectFields(request, answer);
  const expires = Date.parse(asText(fields['expires']) ?? '');
  return {
    id: expectText(fields, 'id', { request, answer }),
    connectUri: expectText(fields, 'connectUri', { request, answer }),
    expiresAt: Number.isNaN(expires) ? undefined : expires,
  };
}

async function hasChannel(
  requester: Requester,
  channelId: string,
  options?: CallOptions,
): Promise<boolean> {
  try {
    await requester.send(
      {
        operation: 'headNotificationsChannel',
        method: 'HEAD',
        path: apiPath`/api/v2/notifications/channels/${channelId}`,
      },
      options,
    );
    return true;
  } catch (error) {
    if (isPlatformError(error) && error.status === 404) return false;
    throw error;
  }
}

async function readSubscriptions(
  requester: Requester,
  request: PlatformRequest,
  options?: CallOptions,
): Promise<readonly Subscription[]> {
  const listing = expectFields(request, await requester.send(request, options));
  return asList(listing['entities']).flatMap((item) => {
    const fields = asFields(item);
    const topic = asText(fields?.['id']);
    if (fields === undefined || topic === undefined) return [];
    const state = fields['state'];
    return {
      topic,
      state: state === 'Permitted' || state === 'Rejected' ? state : 'unknown',
      rejectionReason: asText(fields['rejectionReason']),
      missingPermissions: asTexts(fields['missingPermissions']),
    };
  });
}

function subscriptions(
  channelId: string,
  parts: Pick<PlatformRequest, 'operation' | 'method' | 'body' | 'query'>,
): PlatformRequest {
  return {
    ...parts,
    path: apiPath`/api/v2/notifications/channels/${channelId}/subscriptions`,
    isRepeatable: true,
  };
}
