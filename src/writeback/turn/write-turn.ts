import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import { hasEnded } from '../../domain/conversation.ts';
import type { KeyVerdict } from '../../domain/outcome.ts';
import { sleep } from '../../lib/clock.ts';
import { adviceFor, toVerdict } from '../advice.ts';
import { hasVerdict, isWiped } from '../proof/entry.ts';
import { nameOf } from './board.ts';
import type { WritebackDeps, WritebackInput, WritebackResult, WriteTarget } from './input.ts';
import { look, lookAtWantedSecrets, see } from './look.ts';
import { sendPlanned } from './send.ts';
import { TurnState } from './turn-state.ts';
import { idOf, wantAll } from './want.ts';

/** A turn that goes round more often than this has met a defect, and leaves the rest to the next one. */
const MAX_ROUNDS = 200;

/**
 * The second half of a turn: plans what is wanted, writes what differs, looks at what is in doubt,
 * reads where proof is due, guards, and wipes. What is to be kept is all in the result; until that
 * is settled, nothing is. A turn that only follows up hands in no targets and `asked: false`.
 *
 * ```ts
 * const wanted = new Map([['crm.tier', { value: 'gold', class: 'public', wipe: false }]]);
 * const result = await writeTurn(
 *   { conversationId, customerId, targets: [{ participantId: customerId, wanted }], asked: true, … },
 *   { port: createClientPort({ client, traceId, permit }), config: config.write, … },
 * );
 * settle({ attributes: result.changed, dueAt: result.nextDueAt, feed: result.feed, … });
 * ```
 *
 * @throws the signal's reason, and what `assertHeld` throws; nothing may be settled then
 */
export async function writeTurn(
  input: WritebackInput,
  deps: WritebackDeps,
): Promise<WritebackResult> {
  const turn = new TurnState(input, deps);
  await begin(turn);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const isBusy = await goRound(turn);
    if (!isBusy && !(await waitForMore(turn))) break;
  }
  return conclude(turn);
}

/** Takes in what the turn was given: what was seen, who the customer is, what is wanted. */
async function begin(turn: TurnState): Promise<void> {
  const { input } = turn;
  if (input.lookFirst !== undefined) turn.stepAll(() => ({ kind: 'unheard' }));
  // What arrived while the conversation was read counts before its end does: then the guard is off.
  if (input.seen !== undefined && hasEnded(input.seen.conversation)) turn.takeIn();
  if (input.seen !== undefined) see(turn, input.seen.conversation, input.seen.sight);
  if (turn.ended) turn.end();
  const isUnread = input.seen?.sight.source !== 'read';
  if (input.lookFirst !== undefined && !turn.ended) {
    if (isUnread) await look(turn, 'work');
    await lookAtWantedSecrets(turn);
  }
  if (input.wipe === true) turn.stepAll((entry) => ({ kind: 'wipe', blank: turn.blank(entry) }));
  if (input.lookFirst !== undefined) doubtWipes(turn);
  if (turn.ended) return;
  const { customerId } = input;
  if (customerId !== undefined) {
    turn.stepAll(() => ({ kind: 'customer-changed', to: customerId }));
  }
  wantAll(turn);
  turn.isBeginning = false;
  if (input.lookFirst !== undefined) await letEarlierWriteLand(turn, input.lookFirst);
}

/** An earlier turn may have emptied them and not lived to say so: as after a lost answer, they are read first. */
function doubtWipes(turn: TurnState): void {
  const answer = { kind: 'unknown', reason: 'an earlier turn may have emptied it' } as const;
  for (const entry of turn.board.entries) {
    const isBegun = entry.state === 'wiping' && !entry.own.includes(entry.wanted ?? '');
    if (!turn.wipes.delete(nameOf(entry)) && !isBegun) continue;
    // Not at once: what was sent may still be on its way.
    turn.readers.delete(nameOf(entry));
    turn.step(entry, { kind: 'leave' });
    const { writes } = turn.board.get(entry) ?? entry;
    turn.step(entry, { kind: 'answer', write: writes, answer });
  }
}

/** What an earlier turn may have sent is given time to show before anything is sent over it. */
async function letEarlierWriteLand(
  turn: TurnState,
  { earlierTurnAt }: { readonly earlierTurnAt: number | undefined },
): Promise<void> {
  const { deps } = turn;
  const isOpen = (): boolean => turn.board.entries.some((entry) => entry.state === 'planned');
  if (!isOpen()) return;
  const landedAt = (earlierTurnAt ?? turn.beganAt) + deps.config.settleMs;
  const waitMs = landedAt - deps.now();
  if (waitMs <= 0) return;
  await sleep(deps.clock, waitMs, deps.signal);
  await look(turn, 'work');
}

/** One round of everything that is due. @returns whether there was anything to do */
async function goRound(turn: TurnState): Promise<boolean> {
  turn.takeIn();
  const now = turn.deps.now();
  turn.stepAll(({ deadlineAt }) =>
    deadlineAt !== undefined && deadlineAt <= now ? { kind: 'deadline' } : undefined,
  );
  if (turn.wantsResolve) {
    await findCustomer(turn);
    return true;
  }
  if (turn.readers.size > 0) {
    await look(turn, 'proof');
    return true;
  }
  return sendPlanned(turn);
}

/** The participant was not there: the conversation is read and the customer looked for, once. */
async function findCustomer(turn: TurnState): Promise<void> {
  turn.wantsResolve = false;
  const wasRead = await look(turn, 'work');
  if (!wasRead || turn.conversation === undefined || turn.ended) return;
  const to = turn.deps.resolve(turn.conversation);
  turn.stepAll((entry) =>
    entry.state === 'wrong-participant' ? { kind: 'customer-changed', to } : undefined,
  );
}

/** Waits for proof for as long as configured; what takes longer is for a later turn, at its deadline. */
async function waitForMore(turn: TurnState): Promise<boolean> {
  const { deps, beganAt } = turn;
  const { waitMs } = deps.config;
  const due = turn.board.entries.flatMap((entry) => {
    const { deadlineAt } = entry;
    const isSoon = deadlineAt !== undefined && deadlineAt <= beganAt + waitMs;
    return waitMs > 0 && isSoon && !hasVerdict(entry) ? deadlineAt : [];
  });
  if (due.length === 0) return false;
  await sleep(deps.clock, Math.max(0, Math.min(...due) - deps.now()), deps.signal);
  return true;
}

function conclude(turn: TurnState): WritebackResult {
  turn.takeIn();
  forgetWiped(turn);
  const effects = turn.board.conclude();
  return {
    ...effects,
    keyVerdicts: turn.input.targets.flatMap((target) => verdictsOf(turn, target)),
    needsValues: [...turn.needsValues.values()],
    ended: turn.ended,
    conversation: turn.conversation,
    platformRequests: turn.platformRequests,
    proofRequests: turn.proofRequests,
    correlationIds: turn.correlationIds,
  };
}

function verdictsOf(turn: TurnState, target: WriteTarget): readonly KeyVerdict[] {
  return [...target.wanted].flatMap(([key, wanted]) => {
    const id = idOf(turn.input, target, { key, wanted });
    const entry = turn.board.get(id);
    const digest = turn.deps.digest(target.participantId, key, wanted.value ?? '');
    const isSkipped = turn.ended && entry?.wanted !== digest;
    if (!isSkipped) return entry === undefined ? [] : toVerdict(entry);
    const advice = adviceFor('ended', {});
    const { participantId } = target;
    return { participantId, key, state: 'ended', class: wanted.class, advice };
  });
}

/** What was wiped from the conversation is wiped from memory. */
function forgetWiped(turn: TurnState): void {
  const forget = (entry: AttributeEntry): void => {
    for (const digest of entry.own) turn.deps.values.forget(digest);
  };
  turn.board.entries.filter(isWiped).forEach(forget);
}
