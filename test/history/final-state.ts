import type { AttributeState, OutcomeResult } from '../../src/domain/outcome.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createIdSource } from '../../src/lib/ids.ts';
import { openLedgerReader, openStore } from '../../src/ledger/open-ledger.ts';
import type { LedgerReader } from '../../src/ledger/ledger.ts';
import { createDigester, type Digester } from '../../src/writeback/proof/digest.ts';

/** What the ledger holds once everything is worked off. */
export interface FinalState {
  readonly requests: readonly RequestRow[];
  readonly outcomes: readonly OutcomeRow[];
  readonly audit: readonly AuditRow[];
  /** Whether the chain of the audit holds. */
  readonly isAuditIntact: boolean;
  /** Messages to webhooks, in the order in which each conversation's are to be sent. */
  readonly messages: readonly MessageRow[];
  readonly conversations: readonly ConversationRow[];
  readonly keys: readonly KeyRow[];
}

export interface RequestRow {
  readonly id: string;
  readonly conversationId: string;
  readonly arrival: number;
  /** Undefined when it was not answered. */
  readonly outcome: OutcomeRow | undefined;
}

export interface OutcomeRow {
  readonly conversationId: string;
  readonly fence: number;
  readonly result: OutcomeResult;
  readonly traceId: string;
  readonly requestIds: readonly string[];
}

export interface AuditRow {
  readonly conversationId: string | undefined;
  readonly action: string;
  readonly requestId: string | undefined;
  readonly traceId: string | undefined;
}

export interface MessageRow {
  readonly id: string;
  readonly conversationId: string;
  readonly traceId: string | undefined;
  readonly state: string;
}

export interface ConversationRow {
  readonly id: string;
  readonly phase: string;
  /** Number of the last feed event, and the numbers of those that are there. */
  readonly feedSeq: number;
  readonly feed: readonly number[];
  /** What those events tell, for whoever looks into a fault. */
  readonly story: readonly { readonly at: number; readonly kind: string; readonly body: unknown }[];
}

/** What the ledger believes of one key. */
export interface KeyRow {
  readonly conversationId: string;
  readonly participantId: string;
  readonly key: string;
  readonly state: AttributeState;
  /** The state in which the end found it. */
  readonly was: AttributeState | undefined;
  /** Nothing more is expected of it. */
  readonly isFinal: boolean;
  /** Whether this value is the one that is wanted. */
  isWanted(value: string): boolean;
}

const EVERYTHING = { limit: 1_000_000 };

/** Opens the ledger at its end, beside whoever still has it, and reads everything that the checks look at. */
export async function readLedgerAt(store: string): Promise<FinalState> {
  const options = {
    store,
    clock: systemClock,
    newId: createIdSource(systemClock),
    random: () => 0,
  };
  await using reader = await openLedgerReader(options);
  const messages = await readMessages(store);
  return await readFinalState(reader, messages);
}

export async function readFinalState(
  ledger: LedgerReader,
  messages: readonly MessageRow[],
): Promise<FinalState> {
  const secret = (await ledger.readInstallationKey()) ?? new Uint8Array();
  const digest = createDigester(secret);
  const parts = await Promise.all(
    (await ledger.conversations(EVERYTHING)).map((row) => readConversation(ledger, row, digest)),
  );
  const audit = await ledger.audit.list(EVERYTHING);
  const { intact } = await ledger.audit.verify();
  return {
    requests: parts.flatMap((part) => part.requests),
    outcomes: parts.flatMap((part) => part.outcomes),
    conversations: parts.map((part) => part.conversation),
    keys: parts.flatMap((part) => part.keys),
    audit,
    isAuditIntact: intact,
    messages,
  };
}

type Row = Awaited<ReturnType<LedgerReader['conversations']>>[number];
type Outcome = Awaited<ReturnType<LedgerReader['outcomes']>>[number];

async function readConversation(
  ledger: LedgerReader,
  { id, phase, feedSeq }: Row,
  digest: Digester,
): Promise<{
  requests: RequestRow[];
  outcomes: OutcomeRow[];
  conversation: ConversationRow;
  keys: KeyRow[];
}> {
  const requests = await ledger.requests(id, EVERYTHING);
  const outcomes = await ledger.outcomes(id, EVERYTHING);
  const { events } = await ledger.feedAfter(id, 0, EVERYTHING);
  const known = await ledger.find(id);
  return {
    requests: requests.map(({ outcome, ...row }) => ({
      id: row.id,
      conversationId: id,
      arrival: row.arrival,
      outcome: outcome && toOutcome(outcome),
    })),
    outcomes: outcomes.map(toOutcome),
    conversation: { id, phase, feedSeq, feed: events.map((event) => event.n), story: events },
    keys: (known?.entries ?? []).map(({ participantId, key, state, wanted, note }) => ({
      conversationId: id,
      participantId,
      key,
      state,
      was: note['was'] as AttributeState | undefined,
      isFinal: note['final'] === true,
      isWanted: (value) => digest(participantId, key, value) === wanted,
    })),
  };
}

function toOutcome({ conversationId, fence, summary }: Outcome): OutcomeRow {
  const { result, traceId, enrichmentIds } = summary;
  return { conversationId, fence, result, traceId, requestIds: enrichmentIds };
}

/** In the order in which they came about: of one instant, in the order of their places. */
export async function readMessages(storeName: string): Promise<MessageRow[]> {
  const options = { store: storeName, clock: systemClock, newId: () => '', random: () => 0 };
  await using store = await openStore(options, true);
  const text = `select id, conversation_id, trace_id, state from outbox
    order by conversation_id, created_at, seq, id`;
  const rows = await store.read({
    query: { name: 'history.messages', text: () => ({ text, order: [] }) },
    params: {},
  });
  return rows.map((row) => ({
    id: String(row['id']),
    conversationId: String(row['conversation_id']),
    traceId: row['trace_id'] === null ? undefined : String(row['trace_id']),
    state: String(row['state']),
  }));
}
