import { memoryUsage, cpuUsage, uptime } from 'node:process';
import type { Delivery } from '../../delivery/delivery.ts';
import type { DestinationState } from '../../delivery/destination-sender.ts';
import type { Feed, FeedCounts } from '../../feed/create-feed.ts';
import type { BudgetSnapshot } from '../../genesys/budget/budget.ts';
import type { GenesysClient } from '../../genesys/client.ts';
import type { ListenerCounts } from '../../intake/listening/listener.ts';
import type { ListeningPost } from '../../intake/listening/listening-post.ts';
import type { LedgerStats } from '../../ledger/reading/records.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Lookups } from '../../lookup/lookups.ts';
import type { SourceState } from '../../lookup/named-source.ts';
import type { MetricName } from './catalogue.ts';
import type { Sample } from './registry.ts';

export interface MeasuredRooms {
  readonly client: Pick<GenesysClient, 'budget'>;
  readonly post: Pick<ListeningPost, 'counts'>;
  readonly feed: Pick<Feed, 'counts'>;
  readonly mapping: Pick<Lookups, 'states'>;
  readonly delivery: Pick<Delivery, 'states'>;
}

/** What the rooms of this process are in the middle of. */
export interface ProcessState {
  readonly budget: BudgetSnapshot;
  readonly streams: FeedCounts;
  readonly channels: ListenerCounts;
  readonly sources: Readonly<Record<string, SourceState>>;
  readonly destinations: Readonly<Record<string, DestinationState>>;
}

export function stateOf(rooms: MeasuredRooms): ProcessState {
  return {
    budget: rooms.client.budget.snapshot(),
    streams: rooms.feed.counts,
    channels: rooms.post.counts,
    sources: Object.fromEntries(rooms.mapping.states()),
    destinations: Object.fromEntries(rooms.delivery.states()),
  };
}

/** The numbers of this moment, as metrics. */
export function samplesOf(
  state: ProcessState,
  stats: LedgerStats,
  clock: Clock,
): readonly Sample[] {
  return [
    ...budgetSamples(state.budget),
    ...sourceSamples(state),
    ...ledgerSamples(stats),
    ...destinationSamples(state),
    ...streamSamples(state),
    ...channelSamples(state),
    ...processSamples(clock),
  ];
}

const one = (name: MetricName, value: number, ...labels: readonly string[]): Sample => ({
  name,
  labels,
  value,
});

function budgetSamples(budget: BudgetSnapshot): readonly Sample[] {
  return [
    ...(budget.allowed === undefined ? [] : [one('rapport_budget_allowed', budget.allowed)]),
    one('rapport_budget_used', budget.sent),
    one('rapport_budget_held', budget.held),
    one('rapport_budget_foreign', budget.foreign),
    one('rapport_budget_elsewhere', budget.elsewhere),
    one('rapport_budget_forecast', budget.forecast),
    ...Object.entries(budget.waiting).map(([lane, count]) =>
      one('rapport_budget_waiting', count, lane),
    ),
    ...(['cold', 'probe', 'open', 'spent', 'frozen', 'unlimited', 'ended'] as const).map((state) =>
      one('rapport_budget_state', state === budget.state ? 1 : 0, state),
    ),
    ...Object.entries(budget.rateLimited).map(([cause, count]) =>
      one('rapport_budget_rate_limited_total', count, cause),
    ),
  ];
}

const BREAKER_STATES = ['closed', 'probing', 'open'] as const;
type BreakerState = (typeof BREAKER_STATES)[number];

const breakerSamples = (kind: string, name: string, breaker: BreakerState): readonly Sample[] =>
  BREAKER_STATES.map((state) =>
    one('rapport_breaker_state', state === breaker ? 1 : 0, kind, name, state),
  );

function sourceSamples({ sources }: ProcessState): readonly Sample[] {
  return Object.entries(sources).flatMap(([name, state]) => [
    ...Object.entries(state.answered).map(([by, count]) =>
      one('rapport_lookups_total', count, name, by),
    ),
    one('rapport_source_cached', state.cached, name),
    one('rapport_source_running', state.running, name),
    one('rapport_source_waiting', state.waiting, name),
    ...breakerSamples('source', name, state.breaker),
  ]);
}

function ledgerSamples(stats: LedgerStats): readonly Sample[] {
  return [
    ...Object.entries(stats.lanes).flatMap(([lane, { depth, oldestMs }]) => [
      one('rapport_ledger_depth', depth, lane),
      one('rapport_ledger_oldest_seconds', oldestMs / 1000, lane),
    ]),
    one('rapport_ledger_open_requests', stats.openRequests),
    ...Object.entries(stats.phases).map(([phase, count]) =>
      one('rapport_ledger_conversations', count, phase),
    ),
    ...Object.entries(stats.destinations).flatMap(([name, { oldestMs, ...counts }]) => [
      ...Object.entries(counts).map(([state, count]) =>
        one('rapport_outbox_messages', count, name, state),
      ),
      one('rapport_outbox_oldest_seconds', oldestMs / 1000, name),
    ]),
  ];
}

function destinationSamples({ destinations }: ProcessState): readonly Sample[] {
  return Object.entries(destinations).flatMap(([name, state]) => [
    ...(['sent', 'failed', 'dead'] as const).map((result) =>
      one('rapport_delivery_posts_total', state[result], name, result),
    ),
    one('rapport_delivery_disabled', state.kind === 'disabled' ? 1 : 0, name),
    ...breakerSamples('destination', name, state.breaker),
  ]);
}

function streamSamples({ streams }: ProcessState): readonly Sample[] {
  return [
    one('rapport_streams_open', streams.open),
    one('rapport_stream_gaps_total', streams.gaps),
    one('rapport_stream_events_dropped_total', streams.dropped),
  ];
}

function channelSamples({ channels }: ProcessState): readonly Sample[] {
  return [
    one('rapport_channels_open', channels.channels),
    one('rapport_channel_losses_total', channels.losses),
    one('rapport_channel_frames_total', channels.frames),
    one('rapport_channel_frames_failed_total', channels.failedFrames + channels.unreadableFrames),
    one('rapport_topics', channels.topics),
    one('rapport_subscription_requests_total', channels.requests),
    one('rapport_subscription_messages_total', channels.inBandMessages),
    one('rapport_conversations_followed', channels.followed),
    one('rapport_conversations_not_followed_total', channels.notFollowed),
    one('rapport_conversations_let_go_total', channels.letGo),
  ];
}

function processSamples(clock: Clock): readonly Sample[] {
  const { user, system } = cpuUsage();
  return [
    one('process_start_time_seconds', clock.wallMs() / 1000 - uptime()),
    one('process_cpu_seconds_total', (user + system) / 1e6),
    one('process_resident_memory_bytes', memoryUsage.rss()),
  ];
}
