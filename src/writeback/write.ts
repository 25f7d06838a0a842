import type { AttributeTarget } from '../domain/attribute-entry.ts';
import { isRapportError, messageOf } from '../domain/errors.ts';
import { isPlatformError, type PlatformError } from '../genesys/errors.ts';
import type { ParticipantRef } from './platform-port.ts';
import {
  toTexts,
  type Changes,
  type WriteContext,
  type WriteProfile,
  type WriteProfileName,
} from './profiles/profile.ts';
import type { WriteAnswer } from './proof/event.ts';

export interface WriteOrder {
  readonly profile: WriteProfile;
  readonly target: ParticipantRef;
  /** Secure attributes belong to the conversation, whatever the profile. */
  readonly store: AttributeTarget;
  readonly changes: Changes;
}

/**
 * One write, and what its answer says of it. `not-found` may mean the conversation or the
 * participant: a read tells.
 */
export type WriteResult = WriteAnswer | { readonly kind: 'not-found' };

/** Thrown by whoever keeps a write back at the last moment: the conversation has ended meanwhile. */
export class Withheld extends Error {
  override readonly name = 'Withheld';
}

/**
 * Sends one write and never repeats it: whether to do so is decided by looking.
 *
 * @throws the signal's reason when the turn is stopped
 */
export async function writeOnce(order: WriteOrder, context: WriteContext): Promise<WriteResult> {
  const { profile, target, store, changes } = order;
  try {
    if (store === 'secure') {
      const { port, call } = context;
      await port.patchSecureAttributes(target.conversationId, toTexts(changes), call);
    } else {
      await profile.write(target, changes, context);
    }
    return { kind: 'accepted' };
  } catch (error) {
    context.call.signal.throwIfAborted();
    if (error instanceof Withheld) return { kind: 'withheld' };
    return toResult(error, profile.name);
  }
}

function toResult(error: unknown, profile: WriteProfileName): WriteResult {
  if (!isPlatformError(error)) return toForeignResult(error);
  const isOpen = error.retryable || OPEN_STATUSES.has(error.status ?? 0);
  if (isOpen) {
    const { retryAfterMs } = error;
    const reason = error.platformCode ?? error.code;
    const untaken = TURNED_AWAY.has(error.status ?? 0);
    return {
      kind: 'unknown',
      reason,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(untaken ? { untaken } : {}),
    };
  }
  return error.status === 404 ? toMissing(error, profile) : refused(error, profile);
}

/** Answers that do not tell whether the write was taken. */
const OPEN_STATUSES: ReadonlySet<number> = new Set([408, 409, 429, 500, 502, 503, 504]);

/** Answers that tell that it was not, and may be at another time. */
const TURNED_AWAY: ReadonlySet<number> = new Set([409, 429]);

/** Not the platform's answer: a sign-in that was refused is final, anything else is not known. */
function toForeignResult(error: unknown): WriteResult {
  if (!isRapportError(error) || error.retryable) {
    return { kind: 'unknown', reason: messageOf(error) };
  }
  return { kind: 'refused', code: error.code, reason: error.nextStep ?? error.message };
}

function toMissing(error: PlatformError, profile: WriteProfileName): WriteResult {
  // On a path that the contract does not have, 404 speaks of the path.
  if (profile !== 'attributes' && error.platformCode === 'not.found') {
    return refused(error, profile);
  }
  switch (error.platformCode) {
    case 'conversation.error.participant.not.found':
    case 'conversation.error.not.conversation.participant':
      return { kind: 'no-participant' };
    case 'conversation.error.conversation.not.found':
      return { kind: 'no-conversation' };
    default:
      return { kind: 'not-found' };
  }
}

function refused(error: PlatformError, profile: WriteProfileName): WriteResult {
  return {
    kind: 'refused',
    code: error.platformCode ?? String(error.status ?? error.code),
    reason: refusalAdvice(error, profile),
  };
}

/** What an operator does about a write that the platform refused. */
export function refusalAdvice(error: PlatformError, profile: WriteProfileName): string {
  const { status = 0 } = error;
  if (profile !== 'attributes' && (status === 404 || status === 405 || status === 501)) {
    return `The platform has no such operation: the write profile ${profile} uses a path that its contract does not have. Set write.profile to attributes, or start the emulator with --profile tutorials.`;
  }
  const advice = REFUSALS.get(status);
  return advice ?? error.nextStep ?? 'Quote the correlation id to the platform’s support.';
}

const REFUSALS: ReadonlyMap<number, string> = new Map([
  [
    400,
    'The platform did not take the attributes. They are texts by key; null and nested values are refused. Look at the code, and shorten what is long.',
  ],
  [
    401,
    'The token was refused, a fresh one too. Check client id, secret and region; a client that was disabled or is of another organization looks the same.',
  ],
  [
    403,
    'The OAuth client may not do this. Writing attributes needs no permission, but a user’s token needs the scope conversations; secure attributes need conversation:participant:attributesedit, reading needs conversation:communication:view. Client credentials get permissions from roles, with the division of the conversation.',
  ],
  [
    413,
    'The attributes are more than the platform takes in one request (512000 bytes). Write fewer or shorter values.',
  ],
]);
