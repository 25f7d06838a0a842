import { request } from 'undici';
import { createAgents, type Agents } from '../../access/agents.ts';
import { createAttendanceBook, type AttendanceBook } from '../../access/attendance.ts';
import { messageOf, RapportError } from '../../domain/errors.ts';
import { isPlatformError } from '../../genesys/errors.ts';
import type { GenesysClient } from '../../genesys/client.ts';
import type { Clock } from '../../lib/clock.ts';

/** Longest wait for the platform's word on an agent, in milliseconds of real time. */
const ANSWER_MS = 5000;

export interface AgentParts {
  readonly client: GenesysClient;
  readonly clock: Clock;
}

/** Asks the platform whose token it is, with that token: it costs nothing of our own rate budget. */
export function openAgents({ client, clock }: AgentParts): Agents {
  const url = `${client.hosts.apiUrl}/api/v2/users/me`;
  return createAgents({
    clock,
    async whoIs(token) {
      const { statusCode, body } = await request(url, {
        headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
        signal: AbortSignal.timeout(ANSWER_MS),
      }).catch((error: unknown) => {
        throw notTold(messageOf(error));
      });
      const answer: unknown = await body.json().catch(() => undefined);
      if (statusCode === 429 || statusCode >= 500) throw notTold(`HTTP ${statusCode}`);
      const isUser = statusCode === 200 && typeof answer === 'object' && answer !== null;
      return isUser && 'id' in answer && typeof answer.id === 'string' ? answer.id : undefined;
    },
  });
}

/** Reads who is on a conversation as manual work does. */
export function openAttendance({ client, clock }: AgentParts): AttendanceBook {
  return createAttendanceBook({
    clock,
    async read(id) {
      try {
        const signal = AbortSignal.timeout(ANSWER_MS);
        const { participants } = await client.conversations.get(id, { lane: 'manual', signal });
        return { userIds: new Set(participants.flatMap(({ userId }) => userId ?? [])) };
      } catch (error) {
        if (isPlatformError(error) && (error.status === 404 || error.status === 400)) {
          return undefined;
        }
        throw error;
      }
    },
  });
}

function notTold(why: string): RapportError {
  return new RapportError({
    code: 'ERR_AGENT_UNKNOWN',
    message: `the platform could not say whose token this is: ${why}`,
    nextStep: 'Send it again in a moment.',
    retryable: true,
    fault: 'ours',
    details: { httpStatus: 503, retryAfterMs: 1000 },
  });
}
