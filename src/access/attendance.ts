import { LRUCache } from 'lru-cache';
import { RapportError } from '../domain/errors.ts';
import type { ConversationId } from '../domain/ids.ts';
import type { Clock } from '../lib/clock.ts';
import { maySee, type Attendance, type Principal } from './principal.ts';
import { createRateLimit, tooFast } from './rate-limit.ts';

/** How long it is believed that somebody is on a conversation, in milliseconds. */
const KNOWN_MS = 60_000;
/** Conversations that one person may have looked at in a second; each costs a request to the platform. */
const LOOKS_PER_SECOND = 5;
const MAX_CONVERSATIONS = 10_000;

export interface AttendanceBookOptions {
  /** Who is or was on a conversation; undefined when there is no such conversation. */
  readonly read: (id: ConversationId) => Promise<Attendance | undefined>;
  readonly clock: Clock;
}

export interface AttendanceBook {
  /** @throws {RapportError} `ERR_NOT_ON_CONVERSATION`, `ERR_TOO_MANY_REQUESTS` */
  assertSees(principal: Principal, id: ConversationId): Promise<void>;
}

interface Page {
  readonly attendance: Attendance;
  readonly atMs: number;
}

/** Says who is on which conversation, and asks the platform as seldom as that allows. */
export function createAttendanceBook({ read, clock }: AttendanceBookOptions): AttendanceBook {
  const pages = new LRUCache<ConversationId, Page>({ max: MAX_CONVERSATIONS });
  const looks = createRateLimit({ perSecond: LOOKS_PER_SECOND, clock });
  return {
    async assertSees(principal, id) {
      if (principal.kind === 'key') {
        if (!maySee(principal, { userIds: new Set() })) throw notOnConversation();
        return;
      }
      const known = pages.get(id);
      const isCurrent = known !== undefined && clock.monotonicMs() - known.atMs < KNOWN_MS;
      if (isCurrent && maySee(principal, known.attendance)) return;
      // Somebody who was not on it a moment ago may be by now.
      const waitMs = looks.take(principal.userId);
      if (waitMs !== undefined) throw tooFast(waitMs);
      const attendance = await read(id);
      if (attendance !== undefined) pages.set(id, { attendance, atMs: clock.monotonicMs() });
      if (attendance === undefined || !maySee(principal, attendance)) throw notOnConversation();
    },
  };
}

/** The same for a conversation that does not exist, so that nobody learns which do. */
export function notOnConversation(): RapportError {
  return new RapportError({
    code: 'ERR_NOT_ON_CONVERSATION',
    message: 'only who is on this conversation may see it',
    nextStep: 'Ask once the conversation has reached you, or use a key with the scope read.',
    details: { httpStatus: 403 },
  });
}
