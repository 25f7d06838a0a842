import {
  findParticipant,
  hasEnded,
  hasLeft,
  type Conversation,
  type MediaType,
  type Participant,
} from '../../domain/conversation.ts';
import type { ParticipantId } from '../../domain/ids.ts';

/** Which participant is the customer, or why nobody is. "Nobody" is an answer, not an error. */
export type Resolution =
  | {
      readonly kind: 'customer';
      readonly participant: Participant;
      readonly rule: CustomerRule;
      readonly reason: string;
    }
  | { readonly kind: 'none'; readonly rule: NobodyRule; readonly reason: string };

export type CustomerRule =
  | 'explicit-participant'
  | 'explicit-purpose'
  | 'conference'
  | 'consult-transfer'
  | 'blind-transfer'
  | 'callback'
  | 'message'
  | 'email'
  | 'outbound'
  | 'inbound'
  | 'several-externals'
  | 'agent-dialled';

export type NobodyRule =
  | 'participant-unknown'
  | 'purpose-absent'
  | 'ended'
  | 'customer-left'
  | 'external-left'
  | 'internal'
  | 'no-customer';

/** What a request may say about its target; it wins over the table. */
export interface ResolveTarget {
  readonly participantId?: ParticipantId | undefined;
  readonly purpose?: string | undefined;
}

/**
 * Finds the participant whose attributes flows and agents read. The table below is asked from top
 * to bottom; the first row that has an answer gives it. Ask again after every change of the
 * participants: a transfer may bring another row to the top, seldom another participant.
 */
export function resolveCustomer(
  conversation: Conversation,
  target: ResolveTarget = {},
): Resolution {
  const view = viewOf(conversation, target);
  for (const row of RULES) {
    const found = row(view);
    if (found !== undefined) return found;
  }
  return nobody('no-customer', 'no participant has the purpose customer or external');
}

interface View {
  readonly conversation: Conversation;
  readonly target: ResolveTarget;
  /** Customers who are still there and were not brought in by a consult, in order of arrival. */
  readonly customers: readonly Participant[];
  /** The same for external parties: the far end of a call that one of our people dialled. */
  readonly externals: readonly Participant[];
  readonly agents: readonly Participant[];
}

type Rule = (view: View) => Resolution | undefined;

/** One of our own people. The platform writes `agent` on routed conversations, `user` on direct ones. */
const OUR_PEOPLE: ReadonlySet<string> = new Set(['agent', 'user']);

const customerRow = firstOf('customers');
const externalRow = firstOf('externals');

/**
 * The table. A customer comes before every external party, since on an inbound conversation an
 * external party is somebody whom an agent consulted or transferred to. Where several remain, the
 * earliest is the one whom the conversation began with. The rows that pick the same participant
 * differ in name alone, and the name is what people read in the outcome.
 */
const RULES: readonly Rule[] = [
  ({ conversation, target }) => {
    if (target.participantId === undefined) return undefined;
    const named = findParticipant(conversation, target.participantId);
    return named === undefined
      ? nobody(
          'participant-unknown',
          `participant ${target.participantId} is not in the conversation`,
        )
      : chosen(named, 'explicit-participant', 'the request names this participant');
  },
  ({ conversation, target }) => {
    if (target.purpose === undefined) return undefined;
    const all = conversation.participants.filter(({ purpose }) => purpose === target.purpose);
    const named = all.find((participant) => !hasLeft(participant)) ?? all[0];
    return named === undefined
      ? nobody('purpose-absent', `nobody in the conversation has the purpose ${target.purpose}`)
      : chosen(named, 'explicit-purpose', `the request asks for the purpose ${target.purpose}`);
  },
  ({ conversation }) =>
    hasEnded(conversation) ? nobody('ended', 'the conversation has ended') : undefined,
  customerRow('callback', 'the customer asked to be called back', carries('callback')),
  customerRow(
    'conference',
    'several parties talk together; this customer came first',
    isConference,
  ),
  customerRow(
    'consult-transfer',
    'the customer stays the customer when an agent consults and hands over',
    hasConsult,
  ),
  customerRow('blind-transfer', 'the customer stays the customer after a transfer', wasTransferred),
  customerRow('message', 'the customer wrote a message', carries('message', 'chat')),
  customerRow('email', 'the customer wrote an e-mail', carries('email')),
  customerRow('outbound', 'a campaign or a flow called the customer', isCalledByUs),
  customerRow('inbound', 'the customer called', () => true),
  ({ conversation }) =>
    conversation.participants.some(({ purpose }) => purpose === 'customer')
      ? nobody('customer-left', 'the customer has left; who remains is not the customer')
      : undefined,
  externalRow(
    'several-externals',
    'several external parties are there; this one came first',
    (view) => view.externals.length > 1,
  ),
  externalRow(
    'consult-transfer',
    'the party whom the agent called first stays the customer while an agent consults',
    hasConsult,
  ),
  externalRow(
    'blind-transfer',
    'the party whom the agent called stays the customer after a transfer',
    wasTransferred,
  ),
  externalRow('agent-dialled', 'an agent called this external party', () => true),
  ({ conversation }) =>
    conversation.participants.some(({ purpose }) => purpose === 'external')
      ? nobody('external-left', 'the external party has left; who remains is not the customer')
      : undefined,
  ({ conversation, agents }) =>
    agents.length > 0 && agents.length === conversation.participants.length
      ? nobody('internal', 'only our own people are in the conversation')
      : undefined,
];

/** A row that picks the first of these parties when it holds. */
function firstOf(
  who: 'customers' | 'externals',
): (rule: CustomerRule, reason: string, holds: (view: View) => boolean) => Rule {
  return (rule, reason, holds) => (view) => {
    const [first] = view[who];
    return first !== undefined && holds(view) ? chosen(first, rule, reason) : undefined;
  };
}

/** Several customers, or a customer and somebody from outside with an agent still between them. */
function isConference({ customers, externals, agents }: View): boolean {
  if (customers.length > 1) return true;
  return externals.length > 0 && agents.some((agent) => !hasLeft(agent));
}

/** A consult that is going on, or one that ended with the consulted party taking over. */
function hasConsult({ conversation, agents }: View): boolean {
  return (
    conversation.participants.some(
      (participant) => participant.consultParticipantId !== undefined && !hasLeft(participant),
    ) || agents.some((agent) => endedBy(agent, 'transfer.consult'))
  );
}

function wasTransferred({ agents }: View): boolean {
  return agents.some((agent) => endedBy(agent, 'transfer'));
}

const endedBy = (agent: Participant, reason: string): boolean =>
  agent.communications.some((leg) => leg.disconnectType?.startsWith(reason) === true);

function carries(...media: readonly MediaType[]): (view: View) => boolean {
  return ({ customers }) =>
    customers[0]?.communications.some((leg) => media.includes(leg.media)) ?? false;
}

/** The platform tells a leg's direction as it saw the conversation: outbound when we called. */
function isCalledByUs({ customers }: View): boolean {
  return customers[0]?.communications.some((leg) => leg.direction === 'outbound') ?? false;
}

function viewOf(conversation: Conversation, target: ResolveTarget): View {
  const { participants } = conversation;
  const present = (purpose: string): readonly Participant[] =>
    participants.filter(
      (participant) =>
        participant.purpose === purpose &&
        participant.consultParticipantId === undefined &&
        !hasLeft(participant),
    );
  return {
    conversation,
    target,
    customers: present('customer'),
    externals: present('external'),
    agents: participants.filter(({ purpose }) => OUR_PEOPLE.has(purpose)),
  };
}

function chosen(participant: Participant, rule: CustomerRule, reason: string): Resolution {
  return { kind: 'customer', participant, rule, reason };
}

function nobody(rule: NobodyRule, reason: string): Resolution {
  return { kind: 'none', rule, reason };
}
