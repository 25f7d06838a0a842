import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import {
  findParticipant,
  hasEnded,
  hasLeft,
  type Conversation,
} from '../../domain/conversation.ts';
import { messageOf } from '../../domain/errors.ts';
import { isPlatformError } from '../../genesys/errors.ts';
import { createDeadline } from '../../lib/abort.ts';
import { nameOf } from './board.ts';
import { toConversationEvidence, toEvidence, toFlowEvent, type Sight } from './sight.ts';
import type { TurnState } from './turn-state.ts';
import { wantWhatIsNew } from './want.ts';

/** Longest wait for one proof read, the wait for budget included, in milliseconds. */
const PROOF_READ_MS = 5000;

/** Takes in a conversation that was read or told: the end, flows, the values of every key. */
export function see(turn: TurnState, conversation: Conversation, sight: Sight): void {
  turn.conversation = conversation;
  turn.isOld = sight.source === 'event' && sight.old === true;
  if (hasEnded(conversation)) turn.end();
  if (!turn.isOld) seeValues(turn, conversation, sight);
  turn.stepAll((entry) => leaving(turn, entry, conversation));
}

function seeValues(turn: TurnState, conversation: Conversation, sight: Sight): void {
  const parts = { sight, digest: turn.deps.digest };
  turn.stepAll((entry) => toFlowEvent(entry, conversation, sight));
  const isAgain = turn.isBeginning && turn.input.lookFirst !== undefined;
  if (isAgain && !turn.ended) wantWhatIsNew(turn);
  turn.stepAll((entry) => toConversationEvidence(entry, conversation, parts));
}

/** The participant that holds a marked key has left, though the conversation goes on. */
function leaving(
  turn: TurnState,
  entry: AttributeEntry,
  conversation: Conversation,
): { readonly kind: 'wipe'; readonly blank: string } | undefined {
  const participant = findParticipant(conversation, entry.participantId);
  const isGone = participant !== undefined && hasLeft(participant);
  return isGone && entry.wipe ? { kind: 'wipe', blank: turn.blank(entry) } : undefined;
}

/**
 * Reads the conversation, and its secure attributes where keys of ours are among them.
 *
 * @returns whether it could be read
 */
export async function look(turn: TurnState, purpose: 'work' | 'proof'): Promise<boolean> {
  const readers = new Set(turn.readers);
  turn.readers.clear();
  const startedAt = turn.deps.now();
  const failed = await attempt(turn, purpose, async (call) => {
    const conversation = await turn.deps.port.getConversation(turn.input.conversationId, call);
    see(turn, conversation, { source: 'read', startedAt });
  });
  if (failed === undefined) {
    await lookAtSecure(turn, readers);
    return true;
  }
  fail(turn, readers, failed);
  return false;
}

async function lookAtSecure(turn: TurnState, readers: ReadonlySet<string>): Promise<void> {
  const waiting = turn.board.entries.filter(
    (entry) => entry.target === 'secure' && readers.has(nameOf(entry)),
  );
  if (waiting.length > 0) await readSecure(turn, waiting);
}

/**
 * Reads the secure attributes where this turn wants some of them: a conversation that was read does
 * not show what an earlier turn put there.
 */
export async function lookAtWantedSecrets(turn: TurnState): Promise<void> {
  const isWanted = turn.input.targets.some(({ wanted }) =>
    [...wanted.values()].some((value) => value.class === 'secret'),
  );
  if (!isWanted) return;
  await readSecure(
    turn,
    turn.board.entries.filter((entry) => entry.target === 'secure'),
  );
}

async function readSecure(turn: TurnState, waiting: readonly AttributeEntry[]): Promise<void> {
  const startedAt = turn.deps.now();
  const failed = await attempt(turn, 'proof', async (call) => {
    const secure = await turn.deps.port.getSecureAttributes(turn.input.conversationId, call);
    turn.secure = secure;
    const parts = { sight: { source: 'read', startedAt } as const, digest: turn.deps.digest };
    for (const entry of waiting) {
      const evidence = toEvidence(entry, secure, parts);
      if (evidence !== undefined) turn.step(entry, evidence);
    }
  });
  if (failed !== undefined) fail(turn, new Set(waiting.map(nameOf)), failed);
}

function fail(turn: TurnState, readers: ReadonlySet<string>, reason: string): void {
  turn.stepAll((entry) =>
    readers.has(nameOf(entry)) ? { kind: 'read-failed', reason } : undefined,
  );
}

/** Makes a read; tells why it failed. A proof read does not wait for budget longer than it is worth. */
async function attempt(
  turn: TurnState,
  purpose: 'work' | 'proof',
  read: (call: ReturnType<TurnState['call']>) => Promise<void>,
): Promise<string | undefined> {
  const { clock, signal, log } = turn.deps;
  const call = turn.call(purpose);
  using deadline = createDeadline(clock, PROOF_READ_MS, signal);
  try {
    await read(purpose === 'proof' ? { ...call, signal: deadline.signal } : call);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (isPlatformError(error) && error.status === 404) {
      turn.lose();
      return 'the conversation is gone';
    }
    const reason = deadline.signal.aborted ? 'no budget for a read' : messageOf(error);
    const { conversationId } = turn.input;
    log.warn('proof.read-failed', { conversationId, purpose, reason });
    return reason;
  }
}
