import type { Feed } from '../../feed/create-feed.ts';
import type { GenesysClient } from '../../genesys/client.ts';
import type { ListeningPost } from '../../intake/listening/listening-post.ts';
import type { LedgerReader } from '../../ledger/ledger.ts';

export interface MeteredRooms {
  readonly client: Pick<GenesysClient, 'budget'>;
  readonly post: ListeningPost;
  readonly feed: Feed;
}

/** Numbers of the rooms of this process, by the names that metrics have without their prefix. */
export function measureProcess(rooms: MeteredRooms): Readonly<Record<string, number>> {
  const { post, feed } = rooms;
  const budget = rooms.client.budget.snapshot();
  const { counts } = post;
  return {
    streams_open: feed.openStreams,
    channels_open: counts.channels,
    channel_losses_total: counts.losses,
    channel_frames_total: counts.frames,
    channel_frames_failed_total: counts.failedFrames,
    topics: counts.topics,
    conversations_followed: counts.followed,
    conversations_not_followed_total: counts.notFollowed,
    conversations_let_go_total: counts.letGo,
    budget_sent: budget.sent,
    budget_held: budget.held,
    budget_foreign: budget.foreign,
    ...(budget.allowed === undefined ? {} : { budget_allowed: budget.allowed }),
    'budget_rate_limited_total{by="own"}': budget.rateLimited.own,
    'budget_rate_limited_total{by="foreign"}': budget.rateLimited.foreign,
  };
}

export async function measureLedger(
  ledger: Pick<LedgerReader, 'stats'>,
): Promise<Readonly<Record<string, number>>> {
  const stats = await ledger.stats();
  return {
    ledger_depth: stats.depth,
    ledger_oldest_due_ms: stats.oldestDueMs,
    ledger_open_requests: stats.openRequests,
    ...byLabel('ledger_conversations', 'phase', stats.phases),
    ...byLabel('outbox_messages', 'state', stats.outbox),
  };
}

function byLabel(
  name: string,
  label: string,
  counts: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(counts).map(([word, count]) => [`${name}{${label}="${word}"}`, count]),
  );
}
