import { CUSTOMERS, SLOW_ONCE, UNKNOWN_PHONE, customer, type CrmCustomer } from './customers.ts';

/** What a conversation of the day should have come to when the day is over. */
export type Ending = 'visible' | 'not-found';

export interface PlannedConversation {
  /** What makes this one worth watching. */
  readonly story: string;
  /** Milliseconds after the day began. */
  readonly startMs: number;
  readonly medium: 'voice' | 'message' | 'callback';
  /** The customer's number, or e-mail for a message. */
  readonly from: string;
  readonly name: string;
  readonly queue: 'Support' | 'Sales';
  /** What happens after the start, in order of time. */
  readonly moves: readonly PlannedMove[];
  readonly ending: Ending;
}

export interface PlannedMove {
  /** Milliseconds after the conversation's own start. */
  readonly afterMs: number;
  readonly move: 'answer' | 'transfer' | 'end';
}

const BURST_START_MS = 5200;
const BURST_SIZE = 20;

/** The script of the day: every kind of conversation once, then a rush. */
export const DAY: readonly PlannedConversation[] = [
  aCall(0, customer(1), 'a call comes in', 'Support'),
  aCall(700, customer(4), 'a call from a customer without a tier: the default serves', 'Support'),
  {
    ...aCall(1400, customer(9), 'a web message', 'Support'),
    medium: 'message',
    from: customer(9).email,
  },
  {
    ...aCall(
      2100,
      customer(3),
      'a call that is transferred to Sales: not enriched twice',
      'Support',
    ),
    moves: [
      { afterMs: 400, move: 'answer' },
      { afterMs: 1200, move: 'transfer' },
      { afterMs: 3600, move: 'end' },
    ],
  },
  {
    ...aCall(2800, customer(5), 'a caller whom the CRM does not know', 'Sales'),
    name: 'unknown caller',
    from: UNKNOWN_PHONE,
    ending: 'not-found',
  },
  aCall(3500, SLOW_ONCE, 'the CRM does not answer in time, then it does', 'Support'),
  { ...aCall(4200, customer(7), 'a callback', 'Sales'), medium: 'callback' },
  ...Array.from({ length: BURST_SIZE }, (_, index) =>
    aCall(
      BURST_START_MS + index * 15,
      CUSTOMERS[index % CUSTOMERS.length] ?? customer(1),
      'part of a rush',
      index % 3 === 0 ? 'Sales' : 'Support',
    ),
  ),
];

function aCall(
  startMs: number,
  who: CrmCustomer,
  story: string,
  queue: 'Support' | 'Sales',
): PlannedConversation {
  return {
    story,
    startMs,
    medium: 'voice',
    from: who.phone,
    name: who.name,
    queue,
    moves: [
      { afterMs: 600, move: 'answer' },
      { afterMs: 4500, move: 'end' },
    ],
    ending: 'visible',
  };
}
