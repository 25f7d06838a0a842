import { LRUCache } from 'lru-cache';
import type { AttributeEntry } from '../domain/attribute-entry.ts';
import { findParticipant, type Conversation } from '../domain/conversation.ts';
import { messageOf, RapportError } from '../domain/errors.ts';
import type { ConversationId, ParticipantId } from '../domain/ids.ts';
import type { AttributeState } from '../domain/outcome.ts';
import { createDeadline } from '../lib/abort.ts';
import type { Clock } from '../lib/clock.ts';
import type { LedgerReader } from '../ledger/ledger.ts';
import type { ValueMemory } from '../writeback/value-memory.ts';

/** What an agent's desktop shows: the values of the keys that Rapport has written to a conversation. */
export interface CustomerContext {
  readonly conversationId: ConversationId;
  readonly attributes: readonly ContextValue[];
  /** Keys of the class `secret`, and all that are secure: nobody is shown their values. */
  readonly withheld: readonly string[];
}

export interface ContextValue {
  readonly participantId: ParticipantId;
  readonly key: string;
  /** `null` when the key is not there, or is empty. */
  readonly value: string | null;
  readonly state: AttributeState;
}

/** Reads a conversation for somebody who asks; undefined where the platform knows none such. */
export type ReadConversation = (
  id: ConversationId,
  options: { readonly signal: AbortSignal },
) => Promise<Conversation | undefined>;

export interface ContextDeps {
  readonly ledger: Pick<LedgerReader, 'find'>;
  readonly values: Pick<ValueMemory, 'get'>;
  readonly readConversation: ReadConversation;
  readonly clock: Clock;
}

/** Undefined when nothing is known of the conversation. */
export type ReadContext = (id: ConversationId) => Promise<CustomerContext | undefined>;

/** Longest wait for the platform, in milliseconds. */
const READ_MS = 5000;
/** Whoever asks within so many milliseconds is answered by the same read, or the same failure. */
const SHARED_MS = 1000;
const MAX_SHARED = 1000;

/**
 * Reads the context of a conversation. A value that was proved, and that this process has written, costs
 * nothing; else the platform is asked once for however many desktops ask within a second.
 */
export function createContextReader({
  ledger,
  values,
  readConversation,
  clock,
}: ContextDeps): ReadContext {
  const reads = new LRUCache<ConversationId, Read>({ max: MAX_SHARED });
  const conversationOf = (id: ConversationId): Promise<Conversation | undefined> => {
    const known = reads.get(id);
    const atMs = clock.monotonicMs();
    if (known !== undefined && atMs - known.atMs < SHARED_MS) return known.conversation;
    const conversation = readWithin(clock, (signal) => readConversation(id, { signal }));
    reads.set(id, { conversation, atMs });
    return conversation;
  };
  return async (conversationId) => {
    const known = await ledger.find(conversationId);
    if (known === undefined) return undefined;
    const shown = known.entries.filter(isShown);
    const withheld = known.entries.filter((entry) => !isShown(entry)).map(({ key }) => key);
    const proved = shown.map((entry) => valueOf(entry, provedValue(entry, values)));
    const isWhole = proved.every(({ value }) => value !== undefined);
    const conversation = isWhole ? undefined : await conversationOf(conversationId);
    const attributes = isWhole
      ? proved
      : shown.map((entry) => valueOf(entry, standingValue(entry, conversation)));
    return { conversationId, attributes: attributes.map(toShown), withheld };
  };
}

interface Read {
  readonly conversation: Promise<Conversation | undefined>;
  readonly atMs: number;
}

type Valued = Omit<ContextValue, 'value'> & { readonly value: string | undefined };

const isShown = (entry: AttributeEntry): boolean =>
  entry.target === 'attributes' && entry.class !== 'secret';

const valueOf = ({ participantId, key, state }: AttributeEntry, value?: string): Valued => ({
  participantId,
  key,
  state,
  value,
});

const toShown = ({ value = '', ...rest }: Valued): ContextValue => ({
  ...rest,
  value: value === '' ? null : value,
});

/** What was seen there last, where that is the value that this process wanted there. */
function provedValue(
  { state, seen, wanted }: AttributeEntry,
  values: ContextDeps['values'],
): string | undefined {
  const isProved = state === 'visible' && wanted !== undefined && seen === wanted;
  return isProved ? values.get(wanted) : undefined;
}

function standingValue(
  { participantId, key }: AttributeEntry,
  conversation: Conversation | undefined,
): string | undefined {
  return conversation && findParticipant(conversation, participantId)?.attributes.get(key);
}

async function readWithin(
  clock: Clock,
  read: (signal: AbortSignal) => Promise<Conversation | undefined>,
): Promise<Conversation | undefined> {
  using deadline = createDeadline(clock, READ_MS);
  try {
    return await read(deadline.signal);
  } catch (error) {
    throw new RapportError({
      code: 'ERR_ATTRIBUTES_UNREAD',
      message: `what stands on the platform could not be read: ${messageOf(error)}`,
      nextStep: 'Send it again in a moment.',
      retryable: true,
      fault: 'ours',
      details: { httpStatus: 503, retryAfterMs: SHARED_MS },
      cause: error,
    });
  }
}
