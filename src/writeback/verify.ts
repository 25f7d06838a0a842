import type { AttributeEntry } from '../domain/attribute-entry.ts';
import type { AttributeClass, Attributes } from '../domain/attributes.ts';
import { findParticipant, hasEnded, type Conversation } from '../domain/conversation.ts';
import type { ConversationId, ParticipantId } from '../domain/ids.ts';
import { OPEN_STATES, type AttributeState } from '../domain/outcome.ts';
import { adviceFor } from './advice.ts';
import type { Digester } from './proof/digest.ts';
import { memoryOf } from './proof/memory.ts';
import { conversionFor, typeOfText, type ValueType } from './value-type.ts';

/**
 * What is the matter with a key, worst first where several are.
 * - `visible`: Architect and agents see it. `late`: they do, but only after its deadline.
 * - `different`: another value stands there than the one we wrote; `overwritten` when we saw that happen.
 * - `ignored`: accepted by the platform, and not there. `missing`: nobody wrote it.
 * - `wrong-participant`: it stands on another participant than Architect reads.
 * - `outside`: it stands on the conversation, or on no participant at all.
 * - `pending`: written, and not judged yet.
 */
export type Finding =
  | 'visible'
  | 'late'
  | 'pending'
  | 'overwritten'
  | 'different'
  | 'ignored'
  | 'missing'
  | 'wrong-participant'
  | 'outside'
  | 'no-customer';

/** Whose key it is: ours as far as the ledger knows, the platform's own by its name, or anybody's. */
export type KeyOrigin = 'ours' | 'platform' | 'others';

export interface VerifiedKey {
  readonly key: string;
  /** Undefined when the participant does not hold it. */
  readonly value: string | undefined;
  readonly type: ValueType | undefined;
  readonly class: AttributeClass | undefined;
  readonly origin: KeyOrigin;
  readonly finding: Finding;
  /** Where it stands, when that is not the customer's participant. */
  readonly standsOn: ParticipantId | undefined;
  /** The state in the ledger, for keys of ours. */
  readonly state: AttributeState | undefined;
  readonly architect: ArchitectView;
  readonly advice: string | undefined;
}

/** What a flow gets that asks for this key. */
export interface ArchitectView {
  /** Which way out the action Get Participant Data takes. */
  readonly path: 'found' | 'not-found';
  /** The text that its String variable holds then. */
  readonly text: string | undefined;
  /** What to use where the type is wanted: `ToInt(Flow.crm_orders)`. */
  readonly conversion: string | undefined;
}

export interface Verification {
  readonly conversationId: ConversationId;
  readonly ended: boolean;
  /** The participant that Architect reads. */
  readonly participantId: ParticipantId | undefined;
  readonly keys: readonly VerifiedKey[];
  /** What holds for the whole conversation: it has ended, or has no customer. */
  readonly advice: readonly string[];
  /** Whether every key that was asked for, or is ours, is visible. */
  readonly isGood: boolean;
}

export interface VerifyInput {
  /** Read just now. */
  readonly conversation: Conversation;
  /** The customer, as resolved. */
  readonly customerId: ParticipantId | undefined;
  readonly entries: readonly AttributeEntry[];
  readonly digest: Digester;
  /** Which keys; all that are there or ours when none is named. */
  readonly keys?: readonly string[] | undefined;
  /** Attributes that the answer carried outside any participant. */
  readonly outside?: Attributes | undefined;
}

/** Compares what stands in the conversation with what we wrote, and with what a flow will see. */
export function verify(input: VerifyInput): Verification {
  const { conversation, customerId } = input;
  const ended = hasEnded(conversation);
  const keys = keysOf(input).map((key) => verifyKey(key, input));
  const asked = new Set(
    input.keys ?? keys.filter((one) => one.origin === 'ours').map(({ key }) => key),
  );
  const isGood = keys.every((one) => !asked.has(one.key) || GOOD.has(one.finding));
  return {
    conversationId: conversation.id,
    ended,
    participantId: customerId,
    keys,
    advice: [...(ended ? [ENDED] : []), ...(customerId === undefined ? [NO_CUSTOMER] : [])],
    isGood: isGood && customerId !== undefined,
  };
}

const GOOD: ReadonlySet<Finding> = new Set<Finding>(['visible', 'late']);
const ENDED =
  'The conversation has ended: no flow reads it any more, and analytics keeps only what was written before the end. For its history use attributes get --ended.';
const NO_CUSTOMER =
  'No participant is a customer or an external party, so that Architect has nothing to read. Wait until the customer has joined, or name a participant.';

function keysOf({
  keys,
  conversation,
  customerId,
  entries,
  outside,
}: VerifyInput): readonly string[] {
  if (keys !== undefined && keys.length > 0) return keys;
  const customer = customerId === undefined ? undefined : findParticipant(conversation, customerId);
  const all = new Set([
    ...entries.filter((entry) => entry.target === 'attributes').map((entry) => entry.key),
    ...(customer?.attributes.keys() ?? []),
    ...(outside?.keys() ?? []),
  ]);
  return [...all].toSorted();
}

function verifyKey(key: string, input: VerifyInput): VerifiedKey {
  const { conversation, customerId } = input;
  const customer = customerId === undefined ? undefined : findParticipant(conversation, customerId);
  const value = customer?.attributes.get(key);
  const entry = entryOf(key, input);
  const standsOn = value === undefined ? findElsewhere(key, input) : undefined;
  const finding = findingFor({ key, value, entry, standsOn, input });
  const type = value === undefined ? undefined : typeOfText(value);
  return {
    key,
    value,
    type,
    class: entry?.class,
    origin: originOf(key, entry),
    finding,
    standsOn,
    state: entry?.state,
    architect: {
      path: value === undefined ? 'not-found' : 'found',
      text: value,
      conversion: type === undefined ? undefined : conversionFor(type, variableFor(key)),
    },
    advice: ADVICE[finding]({ key, entry, standsOn, conversation, value }),
  };
}

/** The entry on the customer's participant, else on whichever we wrote to last. */
function entryOf(key: string, { entries, customerId }: VerifyInput): AttributeEntry | undefined {
  const own = entries.filter((entry) => entry.key === key && entry.target === 'attributes');
  return (
    own.find((entry) => entry.participantId === customerId) ??
    own.toSorted((a, b) => (a.sentAt ?? 0) - (b.sentAt ?? 0)).at(-1)
  );
}

function findElsewhere(
  key: string,
  { conversation, customerId }: VerifyInput,
): ParticipantId | undefined {
  return conversation.participants.find((one) => one.id !== customerId && one.attributes.has(key))
    ?.id;
}

interface Facts {
  readonly key: string;
  readonly value: string | undefined;
  readonly entry: AttributeEntry | undefined;
  readonly standsOn: ParticipantId | undefined;
  readonly input: VerifyInput;
}

function findingFor({ key, value, entry, standsOn, input }: Facts): Finding {
  if (input.customerId === undefined) return 'no-customer';
  if (value !== undefined) return findingForValue(value, entry, input);
  if (standsOn !== undefined) return 'wrong-participant';
  if (input.outside?.has(key) === true) return 'outside';
  if (entry === undefined || entry.writes === 0) return 'missing';
  return OPEN_STATES.has(entry.state) ? 'pending' : 'ignored';
}

function findingForValue(
  value: string,
  entry: AttributeEntry | undefined,
  { digest, customerId }: VerifyInput,
): Finding {
  if (entry === undefined || entry.writes === 0 || entry.participantId !== customerId) {
    return 'visible';
  }
  const isOurs = digest(entry.participantId, entry.key, value) === entry.wanted;
  if (isOurs) return memoryOf(entry).lateMs === undefined ? 'visible' : 'late';
  if (entry.state === 'overwritten' || entry.state === 'yielded') return 'overwritten';
  return OPEN_STATES.has(entry.state) ? 'pending' : 'different';
}

/** Prefixes that the platform's own parts use. Source: help articles and field reports, 2026-11-20. */
const PLATFORM_PREFIXES = ['context.', 'ivr.', 'conversationDetails.', 'system.', 'scriptId'];

function originOf(key: string, entry: AttributeEntry | undefined): KeyOrigin {
  if (entry !== undefined && entry.writes > 0) return 'ours';
  return PLATFORM_PREFIXES.some((prefix) => key.startsWith(prefix)) ? 'platform' : 'others';
}

/** A variable's name takes letters, digits and underscores. */
function variableFor(key: string): string {
  return `Flow.${key.replaceAll(/\W/gu, '_')}`;
}

interface AdviceFacts {
  readonly key: string;
  readonly entry: AttributeEntry | undefined;
  readonly standsOn: ParticipantId | undefined;
  readonly conversation: Conversation;
  readonly value: string | undefined;
}

type Advise = (facts: AdviceFacts) => string | undefined;

const ADVICE: Readonly<Record<Finding, Advise>> = {
  visible: ({ value }) =>
    value === ''
      ? 'Architect finds it, with an empty text: that is how a removed key looks.'
      : undefined,
  'wrong-participant': ({ standsOn, conversation }) => {
    const other = conversation.participants.find((one) => one.id === standsOn);
    return `It stands on participant ${standsOn} (${other?.purpose ?? 'unknown'}), which Architect does not read. Write it to the customer's participant.`;
  },
  outside: () =>
    'It stands outside any participant, where Architect does not see it: attributes must be on the customer’s participant.',
  missing: (facts) =>
    `Nobody has written it. Keys are case-sensitive: ${similar(facts) ?? 'check the spelling and the mapping'}.`,
  different: () =>
    'Another value stands there than the one we wrote. A flow or another program sets this key too.',
  'no-customer': () => NO_CUSTOMER,
  late: ({ entry }) => entry && adviceFor('visible', memoryOf(entry)),
  overwritten: ({ entry }) => entry && adviceFor('overwritten', memoryOf(entry)),
  pending: ({ entry }) => entry && adviceFor('accepted', memoryOf(entry)),
  ignored: ({ entry }) =>
    entry && (adviceFor(entry.state, memoryOf(entry)) ?? adviceFor('ignored', memoryOf(entry))),
};

/** A key that is there and differs in case only. */
function similar({ key, conversation }: AdviceFacts): string | undefined {
  const lower = key.toLowerCase();
  for (const participant of conversation.participants) {
    const found = [...participant.attributes.keys()].find((one) => one.toLowerCase() === lower);
    if (found !== undefined) return `there is ${JSON.stringify(found)}`;
  }
  return undefined;
}
