import type { AttributeEntry } from '../domain/attribute-entry.ts';
import type { AttributeState, KeyVerdict } from '../domain/outcome.ts';
import { memoryOf, type ProofMemory } from './proof/memory.ts';

/** The verdict on one key as people read it. */
export function toVerdict(entry: AttributeEntry): KeyVerdict {
  const { participantId, key, state, class: valueClass, sentAt, provedAt } = entry;
  const isMeasured = provedAt !== undefined && sentAt !== undefined;
  return {
    participantId,
    key,
    state,
    class: valueClass,
    advice: adviceFor(state, memoryOf(entry)),
    provedAfterMs: isMeasured ? Math.max(0, provedAt - sentAt) : undefined,
  };
}

const AGAIN = 'Ask for it again; if it stays, quote the correlation id to the platform’s support.';

/** What to do when a write went wrong each time in the same way, by the platform's code. */
const FAILURES: ReadonlyMap<string, string> = new Map([
  [
    'request.conflict',
    'The platform answered 409 each time: somebody changes the conversation all the while. Read it; if it has ended, nothing can be written, else ask again.',
  ],
  [
    'too.many.requests',
    'The platform answered 429 each time: another program uses the same OAuth client. Give Rapport a client of its own.',
  ],
  [
    'its value is no longer known',
    'Ask for the enrichment again: its sources did not give the value any more.',
  ],
]);

/** What to do about a state that is not a good one, or that a reader may take for one. */
export function adviceFor(state: AttributeState, memory: ProofMemory): string | undefined {
  return ADVICE[state]?.(memory);
}

const ADVICE: Readonly<
  Partial<Record<AttributeState, (memory: ProofMemory) => string | undefined>>
> = {
  accepted: () => 'The platform took it; whether it shows is not known yet.',
  applied: ({ atEnd, aside, reason }) => {
    if (atEnd === true) {
      return 'It showed only when the conversation had ended: flows and agents did not see it, and analytics may not keep it.';
    }
    if (aside === true) {
      return 'It stands on a participant that Architect does not read; flows look at the customer’s.';
    }
    return reason === undefined
      ? undefined
      : `It stands there, but ${reason}: the flow may show an older value.`;
  },
  visible: ({ lateMs }) =>
    lateMs === undefined
      ? undefined
      : `It showed ${lateMs} ms later than it should: what read it before then did not see it.`,
  'in-doubt': ({ reason }) =>
    `The answer to the write was lost (${reason ?? 'no reason known'}); it is looked at before it is sent again.`,
  ignored: () =>
    'The platform accepted the write, yet the participant does not hold it: check that the path is …/participants/{id}/attributes and that the participant is the customer’s.',
  unverified: ({ reason }) =>
    reason === 'ended'
      ? 'The conversation ended before the write could be proved; analytics may not keep it.'
      : `No read could prove it (${reason ?? 'no reason known'}). Listen to the queue, or leave more of the rate budget for verification.`,
  overwritten: ({ by }) =>
    by === 'flow'
      ? 'A flow wrote another value over it. Use a key that the flow does not set, or let the flow look the value up itself.'
      : 'Somebody else wrote another value over it. Find out who sets this key, or choose another key.',
  yielded: () => 'Another value stands there and was left alone, as configured.',
  refused: ({ code, reason }) =>
    `The platform refused it (${code ?? 'no code'}). ${reason ?? ''}`.trim(),
  'wrong-participant': ({ reason }) =>
    `It is not on the customer’s participant (${reason ?? 'the participant is not there'}). Architect reads the customer’s, or the external party’s; agent and acd participants come and go.`,
  failed: ({ reason = 'no reason known' }) =>
    `It could not be written (${reason}). ${FAILURES.get(reason) ?? AGAIN}`,
  ended: ({ code }) =>
    code === 'not.found'
      ? 'The platform does not know the conversation (404). Check the id and the region; one that ended long ago is not found either.'
      : 'The conversation had ended, so nothing was written. Read what it held with attributes get --ended.',
  'wipe-failed': ({ reason }) =>
    `The value may still be there (${reason ?? 'no reason known'}). Remove it by hand, or ask for the wipe again.`,
  wiped: ({ theirs }) =>
    theirs === true ? 'Ours is gone; somebody else’s value stands there and was left.' : undefined,
};
