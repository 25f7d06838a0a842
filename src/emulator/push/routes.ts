import { badRequest, notFound } from '../http/errors.ts';
import { ok, param, type Call, type Route } from '../http/route.ts';
import type { World } from '../world/world.ts';
import { availableTopicsRoute } from './available-topics.ts';
import { ownerOf, type Channels, type ChannelState } from './channels.ts';
import { subscribeTopics } from './subscribe.ts';

export interface PushRouteParts {
  readonly world: World;
  readonly channels: Channels;
  /** `ws://host:port`, known once the server listens. */
  readonly socketUrl: () => string;
}

/** `/api/v2/notifications/channels…` */
export function pushRoutes(parts: PushRouteParts): Route[] {
  const { channels } = parts;
  const scope = 'notifications';
  const base = '/api/v2/notifications/channels';
  const topics = { path: `${base}/{channelId}/subscriptions`, scope };
  return [
    availableTopicsRoute,
    {
      method: 'POST',
      path: base,
      scope,
      handle: ({ token }) => ok(viewChannel(parts, channels.open(token))),
    },
    {
      method: 'GET',
      path: base,
      scope,
      handle: ({ token }) =>
        ok({ entities: channels.of(ownerOf(token)).map((channel) => viewChannel(parts, channel)) }),
    },
    {
      method: 'HEAD',
      path: `${base}/{channelId}`,
      scope,
      handle: (call) => {
        ownChannel(channels, call);
        return { status: 200 };
      },
    },
    {
      method: 'GET',
      ...topics,
      handle: (call) => {
        const channel = ownChannel(channels, call);
        const entities = [...channel.topics.keys()].map((id) => ({ id, state: 'Permitted' }));
        return ok({ entities });
      },
    },
    {
      method: 'DELETE',
      ...topics,
      handle: (call) => {
        channels.subscribe(ownChannel(channels, call), new Map(), 'replace');
        return { status: 200 };
      },
    },
    {
      method: 'POST',
      ...topics,
      handle: subscriber(parts, 'add'),
    },
    {
      method: 'PUT',
      ...topics,
      handle: subscriber(parts, 'replace'),
    },
  ];
}

function subscriber(parts: PushRouteParts, mode: 'add' | 'replace'): Route['handle'] {
  return (call) => {
    const channel = ownChannel(parts.channels, call);
    const ids = parseTopics(call.body);
    const ignoreErrors = call.query.get('ignoreErrors') === 'true';
    return ok({
      entities: subscribeTopics(parts.world, parts.channels, { channel, ids, mode, ignoreErrors }),
    });
  };
}

function parseTopics(body: unknown): string[] {
  if (!Array.isArray(body)) throw badRequest();
  return body.map((item: unknown) => {
    const id = typeof item === 'object' && item !== null && 'id' in item ? item.id : undefined;
    if (typeof id !== 'string') throw badRequest();
    return id;
  });
}

/** Somebody else's channel is as good as none. */
function ownChannel(channels: Channels, call: Call): ChannelState {
  const channel = channels.get(param(call, 'channelId'));
  if (channel === undefined || channel.owner !== ownerOf(call.token)) throw notFound();
  return channel;
}

function viewChannel(parts: PushRouteParts, channel: ChannelState): unknown {
  return {
    connectUri: `${parts.socketUrl()}/channels/${channel.id}`,
    id: channel.id,
    expires: new Date(channel.expiresAt).toISOString(),
  };
}
