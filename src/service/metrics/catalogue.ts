/**
 * Every metric of the service. What is not declared here can be neither counted nor shown, and
 * `docs/reference/metrics.md` is made from it.
 */
export interface MetricFamily {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: keyof typeof BUCKETS;
}

/** Upper bounds of histograms. */
export const BUCKETS = {
  /** From a cached lookup to a conversation that waited for a spent budget. */
  seconds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180],
  requests: [0, 1, 2, 3, 4, 6, 8, 12],
} as const;

export const METRICS = {
  rapport_enrichments_total: {
    type: 'counter',
    help: 'Turns that answered requests, by result.',
    labels: ['result'],
  },
  rapport_enrichment_retries_total: {
    type: 'counter',
    help: 'Turns that failed and are tried again, by reason.',
    labels: ['reason'],
  },
  rapport_request_to_settled_seconds: {
    type: 'histogram',
    help: 'From the acceptance of a request to its outcome.',
    labels: [],
    buckets: 'seconds',
  },
  rapport_stage_seconds: {
    type: 'histogram',
    help: 'Time in one stage of a turn: wait (from acceptance to the turn), read, resolve, identify, lookup, map, validate, write.',
    labels: ['stage'],
    buckets: 'seconds',
  },
  rapport_platform_requests_per_enrichment: {
    type: 'histogram',
    help: 'Requests to the platform that one turn cost, proof reads not counted.',
    labels: [],
    buckets: 'requests',
  },
  rapport_platform_requests_total: {
    type: 'counter',
    help: 'Requests to the platform for conversations: to enrich and write (write), or only to prove (proof).',
    labels: ['purpose'],
  },
  rapport_key_states_total: {
    type: 'counter',
    help: 'Keys that came to a state of proof, by state: accepted, applied, visible, overwritten, unverified and so on.',
    labels: ['state'],
  },
  rapport_key_visible_seconds: {
    type: 'histogram',
    help: 'From sending a value to the evidence that it is visible.',
    labels: [],
    buckets: 'seconds',
  },

  rapport_genesys_requests_total: {
    type: 'counter',
    help: 'Requests to the platform by operation and status; status 0 when no answer came.',
    labels: ['operation', 'status'],
  },
  rapport_genesys_request_seconds: {
    type: 'histogram',
    help: 'Time on the wire of one request to the platform.',
    labels: ['operation'],
    buckets: 'seconds',
  },
  rapport_budget_wait_seconds: {
    type: 'histogram',
    help: 'Time that a request to the platform waited for the rate budget.',
    labels: ['lane'],
    buckets: 'seconds',
  },
  rapport_budget_allowed: {
    type: 'gauge',
    help: 'Requests that the platform allows in a window; absent while unknown.',
    labels: [],
  },
  rapport_budget_used: {
    type: 'gauge',
    help: 'Requests that this instance has sent in this window.',
    labels: [],
  },
  rapport_budget_held: {
    type: 'gauge',
    help: 'Requests that are promised and not yet sent.',
    labels: [],
  },
  rapport_budget_foreign: {
    type: 'gauge',
    help: 'Requests of others on the same token in this window, at least.',
    labels: [],
  },
  rapport_budget_elsewhere: {
    type: 'gauge',
    help: 'Requests sent by, or promised to, other instances that share the window.',
    labels: [],
  },
  rapport_budget_forecast: {
    type: 'gauge',
    help: 'Requests that live work is expected to want until the window ends.',
    labels: [],
  },
  rapport_budget_waiting: {
    type: 'gauge',
    help: 'Requests that wait for room in the window, by lane.',
    labels: ['lane'],
  },
  rapport_budget_state: {
    type: 'gauge',
    help: '1 for the state that the budget is in: cold (nothing known yet), probe (one request asks), open, spent, frozen (after a 429), unlimited (answers carry no limit), ended.',
    labels: ['state'],
  },
  rapport_budget_rate_limited_total: {
    type: 'counter',
    help: 'Answers with 429: of our own doing (own), or because others use the token (foreign).',
    labels: ['cause'],
  },

  rapport_lookups_total: {
    type: 'counter',
    help: 'Lookups by source, and what answered: the source (a miss of the cache), fresh-cache (a hit), stale-cache, or nothing (failed).',
    labels: ['source', 'answered'],
  },
  rapport_source_cached: {
    type: 'gauge',
    help: 'Answers of a source that its cache holds.',
    labels: ['source'],
  },
  rapport_source_running: {
    type: 'gauge',
    help: 'Lookups that are running in a source.',
    labels: ['source'],
  },
  rapport_source_waiting: {
    type: 'gauge',
    help: 'Lookups that wait until fewer are running in a source.',
    labels: ['source'],
  },
  rapport_breaker_state: {
    type: 'gauge',
    help: '1 for the state that a breaker is in: closed, probing or open. Kind is source or destination.',
    labels: ['kind', 'name', 'state'],
  },

  rapport_ledger_depth: {
    type: 'gauge',
    help: 'Conversations that are due and wait for a turn, by lane.',
    labels: ['lane'],
  },
  rapport_ledger_oldest_seconds: {
    type: 'gauge',
    help: 'How long the oldest conversation that waits for a turn has waited, by lane.',
    labels: ['lane'],
  },
  rapport_ledger_open_requests: { type: 'gauge', help: 'Requests without an outcome.', labels: [] },
  rapport_ledger_conversations: {
    type: 'gauge',
    help: 'Conversations by phase.',
    labels: ['phase'],
  },
  rapport_outbox_messages: {
    type: 'gauge',
    help: 'Messages to a destination, by state.',
    labels: ['destination', 'state'],
  },
  rapport_outbox_oldest_seconds: {
    type: 'gauge',
    help: 'Age of the oldest message to a destination that is still to be sent.',
    labels: ['destination'],
  },
  rapport_delivery_posts_total: {
    type: 'counter',
    help: 'Posts to a destination: sent, failed, or dead (given up).',
    labels: ['destination', 'result'],
  },
  rapport_delivery_disabled: {
    type: 'gauge',
    help: '1 while a destination that answered 410 is not sent to.',
    labels: ['destination'],
  },

  rapport_streams_open: {
    type: 'gauge',
    help: 'Server-sent event streams that are open.',
    labels: [],
  },
  rapport_stream_gaps_total: {
    type: 'counter',
    help: 'Times that a reader of a stream was told of a gap.',
    labels: [],
  },
  rapport_stream_events_dropped_total: {
    type: 'counter',
    help: 'Events that readers did not get because they were too slow or came too late.',
    labels: [],
  },

  rapport_channels_open: { type: 'gauge', help: 'Notification channels that deliver.', labels: [] },
  rapport_channel_losses_total: {
    type: 'counter',
    help: 'Notification channels that were lost.',
    labels: [],
  },
  rapport_channel_frames_total: {
    type: 'counter',
    help: 'Frames that notification channels delivered.',
    labels: [],
  },
  rapport_channel_frames_failed_total: {
    type: 'counter',
    help: 'Frames that could not be processed.',
    labels: [],
  },
  rapport_topics: {
    type: 'gauge',
    help: 'Topics that notification channels are subscribed to.',
    labels: [],
  },
  rapport_subscription_requests_total: {
    type: 'counter',
    help: 'Requests to the platform that changed subscriptions.',
    labels: [],
  },
  rapport_subscription_messages_total: {
    type: 'counter',
    help: 'Changes of subscriptions that were sent on the socket, at no request.',
    labels: [],
  },
  rapport_conversations_followed: {
    type: 'gauge',
    help: 'Conversations whose own topics are subscribed to.',
    labels: [],
  },
  rapport_conversations_not_followed_total: {
    type: 'counter',
    help: 'Conversations for whose topics there was no room.',
    labels: [],
  },
  rapport_conversations_let_go_total: {
    type: 'counter',
    help: 'Conversations whose topics had to make room.',
    labels: [],
  },
  rapport_gaps_total: {
    type: 'counter',
    help: 'Gaps, in which events may have been missed, that were looked into.',
    labels: [],
  },
  rapport_gap_conversations_total: {
    type: 'counter',
    help: 'Conversations that were found in gaps: ended, known already, requested now, or unreadable.',
    labels: ['verdict'],
  },

  rapport_http_requests_total: {
    type: 'counter',
    help: 'Requests to the HTTP interface.',
    labels: ['operation', 'status'],
  },
  rapport_http_request_seconds: {
    type: 'histogram',
    help: 'From a request’s head to the end of its answer, streams not counted.',
    labels: ['operation'],
    buckets: 'seconds',
  },

  process_start_time_seconds: {
    type: 'gauge',
    help: 'When the process started, in seconds since 1970.',
    labels: [],
  },
  process_cpu_seconds_total: { type: 'counter', help: 'CPU time of the process.', labels: [] },
  process_resident_memory_bytes: { type: 'gauge', help: 'Memory of the process.', labels: [] },
} as const;

export type MetricName = keyof typeof METRICS;
