import type { AttributeEntry, AttributeTarget } from '../../domain/attribute-entry.ts';
import { findParticipant, hasLeft } from '../../domain/conversation.ts';
import type { ParticipantId } from '../../domain/ids.ts';
import { findProfile } from '../profiles/find-profile.ts';
import type { WriteAnswer } from '../proof/event.ts';
import { memoryOf } from '../proof/memory.ts';
import { Withheld, writeOnce } from '../write.ts';
import { nameOf } from './board.ts';
import { look } from './look.ts';
import type { TurnState } from './turn-state.ts';

/** Keys of one participant and store: they leave in one PATCH. */
interface Parcel {
  readonly participantId: ParticipantId;
  readonly store: AttributeTarget;
  readonly entries: AttributeEntry[];
  readonly changes: Map<string, string | null>;
}

/**
 * Sends everything that is planned and whose value is known.
 *
 * @returns whether anything was sent
 */
export async function sendPlanned(turn: TurnState): Promise<boolean> {
  const parcels = pack(turn);
  for (const parcel of parcels) await send(turn, parcel);
  return parcels.length > 0;
}

function pack(turn: TurnState): readonly Parcel[] {
  const parcels = new Map<string, Parcel>();
  for (const entry of turn.board.entries) {
    if (!isToSend(turn, entry)) continue;
    const value = valueToSend(turn, entry);
    if (value === undefined) continue;
    const { participantId, target: store } = entry;
    const name = `${participantId}\n${store}`;
    const parcel: Parcel = parcels.get(name) ?? {
      participantId,
      store,
      entries: [],
      changes: new Map(),
    };
    parcel.entries.push(entry);
    parcel.changes.set(entry.key, value);
    parcels.set(name, parcel);
  }
  return [...parcels.values()];
}

function isToSend(turn: TurnState, entry: AttributeEntry): boolean {
  if (memoryOf(entry).inFlight === true) return false;
  return entry.state === 'planned' || turn.wipes.has(nameOf(entry));
}

/** The value behind the wanted digest; a key whose value nobody knows is noted, or given up. */
function valueToSend(turn: TurnState, entry: AttributeEntry): string | null | undefined {
  const { participantId, key, wanted, state } = entry;
  const isBlank = wanted === turn.blank(entry);
  if (isBlank) {
    const isRemoval = state === 'planned' && memoryOf(entry).removal === true;
    return isRemoval && turn.deps.config.onRemove === 'null' ? null : '';
  }
  const value = wanted === undefined ? undefined : turn.deps.values.get(wanted);
  if (value !== undefined) {
    turn.needsValues.delete(nameOf(entry));
    return value;
  }
  if (turn.input.forgoUnknown === true) {
    turn.step(entry, { kind: 'forgone', reason: 'its value is no longer known' });
  } else {
    turn.needsValues.set(nameOf(entry), { participantId, key });
  }
  return undefined;
}

async function send(turn: TurnState, parcel: Parcel): Promise<void> {
  const { deps, input } = turn;
  deps.assertHeld();
  const isWipe = parcel.entries.every((entry) => entry.state === 'wiping');
  let lost: unknown;
  const beforeSend = (): void => {
    // It may have waited for room, and the conversation or the lease may not have.
    try {
      deps.assertHeld();
    } catch (error) {
      lost = error;
      throw error;
    }
    turn.takeIn();
    if (turn.ended && !isWipe) throw new Withheld();
  };
  for (const entry of parcel.entries) {
    turn.wipes.delete(nameOf(entry));
    turn.step(entry, { kind: 'leave' });
  }
  const result = await writeOnce(
    {
      profile: findProfile(deps.config.profile),
      target: { conversationId: input.conversationId, participantId: parcel.participantId },
      store: parcel.store,
      changes: parcel.changes,
    },
    {
      port: deps.port,
      call: { ...turn.call(isWipe || !input.asked ? 'guard' : 'work'), beforeSend },
      clock: deps.clock,
      random: deps.random,
    },
  );
  if (lost !== undefined) throw lost;
  const answer = result.kind === 'not-found' ? await findOut(turn, parcel) : result;
  const fields = { conversationId: input.conversationId, keys: parcel.changes.size };
  deps.log.debug('write.answered', { ...fields, answer: answer.kind });
  for (const entry of parcel.entries) {
    const { writes } = turn.board.get(entry) ?? entry;
    turn.step(entry, { kind: 'answer', write: writes, answer });
  }
}

/** A 404 that does not say what is missing: the conversation, or the participant. */
async function findOut(turn: TurnState, parcel: Parcel): Promise<WriteAnswer> {
  const wasRead = await look(turn, 'work');
  if (!wasRead) {
    return turn.ended
      ? { kind: 'no-conversation' }
      : { kind: 'unknown', reason: 'not found, and no read could tell what' };
  }
  const participant =
    turn.conversation === undefined
      ? undefined
      : findParticipant(turn.conversation, parcel.participantId);
  if (participant === undefined || hasLeft(participant)) return { kind: 'no-participant' };
  return {
    kind: 'refused',
    code: 'not.found',
    reason:
      'The participant is there, and the platform does not find it: check that the OAuth client sees the conversation’s division.',
  };
}
