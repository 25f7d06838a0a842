import type { Digest } from '../../domain/attribute-entry.ts';
import { findParticipant } from '../../domain/conversation.ts';
import type { EntryId } from '../proof/event.ts';
import type { WantedValue, WritebackInput, WriteTarget } from './input.ts';
import type { TurnState } from './turn-state.ts';

/** Plans everything that this turn wants and that is not there. */
export function wantAll(turn: TurnState): void {
  for (const target of turn.input.targets) {
    for (const [key, wanted] of target.wanted) want(turn, target, { key, wanted });
  }
}

/**
 * After a turn that did not live to say what it wrote, what stands there may be its work: a key that
 * is wanted otherwise now is planned before anything is concluded from that, so that nobody is said
 * to have overwritten it.
 */
export function wantWhatIsNew(turn: TurnState): void {
  for (const target of turn.input.targets) {
    for (const [key, wanted] of target.wanted) {
      const digest = turn.deps.digest(target.participantId, key, wanted.value ?? '');
      const known = turn.board.get(idOf(turn.input, target, { key, wanted }));
      if (known?.wanted !== digest) want(turn, target, { key, wanted });
    }
  }
}

function want(
  turn: TurnState,
  target: WriteTarget,
  { key, wanted }: { readonly key: string; readonly wanted: WantedValue },
): void {
  const { input, deps } = turn;
  const { participantId } = target;
  const isRemoval = wanted.value === null;
  if (isRemoval && deps.config.onRemove === 'leave') return;
  const id = idOf(input, target, { key, wanted });
  const value = wanted.value ?? '';
  const digest = deps.digest(participantId, key, value);
  deps.values.keep(digest, value, input.conversationId);
  const earlier = id.target === 'secure' ? takeOverSecret(turn, id) : [];
  turn.board.want({
    kind: 'want',
    id,
    digest,
    class: wanted.class,
    wipe: wanted.wipe && deps.config.wipe,
    removal: isRemoval,
    asked: input.asked,
    current:
      id.target === 'secure'
        ? turn.currentSecure(participantId, key)
        : turn.current(participantId, key),
    turn: input.turn,
    earlier: earlier.length === 0 ? undefined : earlier,
    aside: target.isChosen === true && isAside(turn, target),
    ...turn.wantDefaults,
  });
}

/**
 * There is one secure attribute of a name in a conversation, whoever it was written for.
 *
 * @returns what we wrote there for others, as far as its values are known, as digests of this one
 */
function takeOverSecret(turn: TurnState, { participantId, key }: EntryId): readonly Digest[] {
  const { digest, values } = turn.deps;
  const others = turn.board.entries.filter(
    (entry) =>
      entry.target === 'secure' && entry.key === key && entry.participantId !== participantId,
  );
  for (const entry of others) turn.step(entry, { kind: 'handed-over' });
  const written = others.flatMap(({ own }) => own).map((known) => values.get(known));
  return [...new Set(written)].flatMap((value) => {
    if (value === undefined) return [];
    const known = digest(participantId, key, value);
    values.keep(known, value, turn.input.conversationId);
    return [known];
  });
}

export function idOf(
  { conversationId }: WritebackInput,
  { participantId }: WriteTarget,
  { key, wanted }: { readonly key: string; readonly wanted: WantedValue },
): EntryId {
  const target = wanted.class === 'secret' ? 'secure' : 'attributes';
  return { conversationId, participantId, target, key };
}

/** Whether a chosen participant is one that Architect does not read. */
function isAside(turn: TurnState, { participantId }: WriteTarget): boolean {
  const { customerId } = turn.input;
  if (customerId !== undefined) return customerId !== participantId;
  const participant =
    turn.conversation === undefined ? undefined : findParticipant(turn.conversation, participantId);
  return participant !== undefined && !['customer', 'external'].includes(participant.purpose);
}
