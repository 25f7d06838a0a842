import { hasPermission } from '../oauth/clients.ts';
import type { PlatformError } from '../http/platform-error.ts';
import type { AccessToken } from '../oauth/tokens.ts';
import type { World } from '../world/world.ts';
import type { ChannelState, Channels } from './channels.ts';
import { invalidTopic, unauthorizedTopic } from './errors.ts';
import { parseTopicId, type TopicNeeds } from './topic.ts';

export interface TopicAnswer {
  readonly id: string;
  readonly state: 'Permitted' | 'Rejected';
  readonly rejectionReason?: string | undefined;
  readonly missingPermissions?: readonly string[] | undefined;
  readonly selfUri?: string | undefined;
}

export interface SubscribeParts {
  readonly channel: ChannelState;
  readonly ids: readonly string[];
  readonly mode: 'add' | 'replace';
  /** Bad topics are answered as rejected, and the good ones subscribed. Otherwise one bad topic fails all. */
  readonly ignoreErrors: boolean;
}

type Verdict =
  | { readonly id: string; readonly kind: 'good'; readonly needs: TopicNeeds }
  | {
      readonly id: string;
      readonly kind: 'bad';
      readonly error: PlatformError;
      readonly missing?: string | undefined;
    };

/** Subscribes a channel to topics. @throws {PlatformError} for a bad topic, unless errors are ignored */
export function subscribeTopics(
  world: World,
  channels: Channels,
  parts: SubscribeParts,
): TopicAnswer[] {
  const { channel, ids, mode, ignoreErrors } = parts;
  const verdicts = ids.map((id) => judge(world, channel.token, id));
  const topics = new Map<string, readonly string[]>();
  for (const verdict of verdicts) {
    if (verdict.kind === 'good') topics.set(verdict.id, verdict.needs.names);
    else if (!ignoreErrors) throw verdict.error;
  }
  channels.subscribe(channel, topics, mode);
  return verdicts.map((verdict) => answerOf(verdict));
}

function judge(world: World, token: AccessToken, id: string): Verdict {
  const needs = parseTopicId(id);
  if (needs === undefined) return { id, kind: 'bad', error: invalidTopic(id) };
  if (!hasPermission(token.permissions, needs.permission)) {
    return { id, kind: 'bad', error: unauthorizedTopic(id, false), missing: needs.permission };
  }
  return isReachable(world, token, needs)
    ? { id, kind: 'good', needs }
    : { id, kind: 'bad', error: unauthorizedTopic(id, true), missing: needs.permission };
}

/** Whether the queue or user exists, in a division the client's roles reach. */
function isReachable(world: World, token: AccessToken, needs: TopicNeeds): boolean {
  if (needs.queueId === undefined && needs.userId === undefined) return true;
  const owner =
    needs.queueId === undefined
      ? world.users.get(needs.userId ?? '')
      : world.queues.get(needs.queueId);
  if (owner === undefined) return false;
  const { divisions } = token;
  return divisions === undefined || divisions.includes(owner.divisionId);
}

function answerOf(verdict: Verdict): TopicAnswer {
  const { id } = verdict;
  if (verdict.kind === 'good') {
    return { id, state: 'Permitted', selfUri: `/api/v2/notifications/channels/topics/${id}` };
  }
  return {
    id,
    state: 'Rejected',
    rejectionReason: verdict.error.message,
    missingPermissions: verdict.missing === undefined ? undefined : [verdict.missing],
  };
}
