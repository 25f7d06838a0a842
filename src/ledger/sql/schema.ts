/**
 * The tables, as the steps that make them. A step is never edited once released: old and new
 * instances run side by side for one version, so a step may add, and only the version after may
 * remove. The texts are the same on both stores. Instants are epoch milliseconds of the store's
 * clock, booleans 0 or 1, ids and json text.
 */
export interface Migration {
  readonly version: number;
  readonly texts: readonly string[];
}

/** Nothing has ever written `config_version`; a later step may remove it. */
const conversation = `create table conversation (
  id text primary key,
  phase text not null,
  lane integer not null,
  due_at bigint,
  arrivals bigint not null,
  fence bigint not null,
  owner text,
  claim text,
  attempts integer not null,
  reason text,
  turn_at bigint,
  earlier_turn_at bigint,
  participant_id text,
  media text,
  config_version text,
  feed_seq bigint not null,
  first_seen_at bigint not null,
  ended_at bigint,
  changed_at bigint not null
)`;

const request = `create table request (
  id text primary key,
  dedupe_key text not null unique,
  conversation_id text not null,
  arrival bigint not null,
  kind text not null,
  lane integer not null,
  body text,
  trace_id text not null,
  received_at bigint not null,
  outcome_id text
)`;

const attribute = `create table attribute (
  conversation_id text not null,
  participant_id text not null,
  target text not null,
  key text not null,
  state text not null,
  class text not null,
  wipe integer not null,
  deadline_at bigint,
  memory text not null,
  primary key (conversation_id, participant_id, target, key)
)`;

const outcome = `create table outcome (
  id text primary key,
  conversation_id text not null,
  fence bigint not null,
  result text not null,
  reason text,
  summary text not null,
  at bigint not null,
  unique (conversation_id, fence)
)`;

const audit = `create table audit (
  id text primary key,
  conversation_id text,
  at bigint not null,
  actor text not null,
  action text not null,
  keys text not null,
  request_id text,
  trace_id text,
  correlation_ids text not null,
  salt text,
  seq bigint,
  hash text
)`;

const outbox = `create table outbox (
  id text primary key,
  destination text not null,
  conversation_id text not null,
  seq bigint not null,
  type text not null,
  body text,
  trace_id text,
  state text not null,
  attempts integer not null,
  next_at bigint not null,
  owner text,
  claim text,
  last_status text,
  created_at bigint not null,
  changed_at bigint not null
)`;

const feed = `create table feed (
  conversation_id text not null,
  n bigint not null,
  kind text not null,
  body text not null,
  at bigint not null,
  primary key (conversation_id, n)
)`;

/** Which conversations a person was in, by a keyed digest of phone or customer id. */
const person = `create table person (
  digest text not null,
  conversation_id text not null,
  primary key (digest, conversation_id)
)`;

const instance = `create table instance (id text primary key, alive_until bigint not null)`;
const duty = `create table duty (name text primary key, owner text, until bigint not null)`;
const setting = `create table setting (name text primary key, value text not null)`;

/** Nothing has ever written to it; `rate_window` and `rate_claim` stand for it. A later step may remove it. */
const budget = `create table budget (
  token text primary key,
  allowed integer,
  granted integer not null,
  held integer not null,
  foreign_used integer not null,
  margin integer not null,
  window_no bigint not null,
  ends_at bigint not null
)`;

/** The access token that all instances share, sealed. */
const token = `create table token (
  client_id text primary key,
  generation bigint not null,
  sealed text not null,
  expires_at bigint not null
)`;

/** One row per access token: the rate window that several instances use up together. */
const rateWindow = `create table rate_window (
  token text primary key,
  window_no bigint not null,
  state text not null,
  allowed integer,
  foreign_used integer not null,
  margin integer not null,
  margin_windows integer not null,
  ends_at bigint,
  probe_until bigint not null,
  drawn integer not null
)`;

/** What each instance has of it. */
const rateClaim = `create table rate_claim (
  token text not null,
  instance text not null,
  window_no bigint not null,
  claimed integer not null,
  outstanding integer not null,
  primary key (token, instance)
)`;

/** A person to be forgotten, by keyed digests, and the conversations they were in; kept for a week. */
const erasure = `create table erasure (
  id text primary key,
  at bigint not null,
  persons text not null,
  conversations text not null
)`;

const indexes = [
  `create index conversation_due on conversation (lane, due_at) where phase = 'due'`,
  `create index conversation_leased on conversation (owner) where phase = 'leased'`,
  `create index conversation_changed on conversation (changed_at)`,
  `create index request_open on request (conversation_id, arrival) where outcome_id is null`,
  `create index request_conversation on request (conversation_id)`,
  `create index request_received on request (received_at)`,
  `create index outcome_at on outcome (at)`,
  `create unique index audit_seq on audit (seq) where seq is not null`,
  `create index audit_unsealed on audit (at) where seq is null`,
  `create index audit_conversation on audit (conversation_id)`,
  `create index outbox_waiting on outbox (next_at) where state = 'waiting'`,
  `create index outbox_line on outbox (destination, conversation_id, seq) where state in ('waiting', 'sending')`,
  `create index outbox_changed on outbox (state, changed_at)`,
  `create index feed_at on feed (at)`,
  `create index person_conversation on person (conversation_id)`,
];

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    texts: [
      conversation,
      request,
      attribute,
      outcome,
      audit,
      outbox,
      feed,
      person,
      instance,
      duty,
      setting,
      budget,
      token,
      ...indexes,
    ],
  },
  { version: 2, texts: [erasure, `create index erasure_at on erasure (at)`] },
  { version: 3, texts: [rateWindow, rateClaim] },
  // How an enrichment went; rows of before, and of anything else, have none.
  { version: 4, texts: [`alter table audit add column facts text`] },
];
