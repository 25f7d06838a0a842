import { createAgents, type Agents } from '../../access/agents.ts';
import { createAttendanceBook, type AttendanceBook } from '../../access/attendance.ts';
import { isRapportError, messageOf, RapportError } from '../../domain/errors.ts';
import type { GenesysClient } from '../../genesys/client.ts';
import { createDeadline } from '../../lib/abort.ts';
import type { Clock } from '../../lib/clock.ts';
import { createConversationReader } from './read-conversation.ts';

/** Longest wait for the platform's word on an agent, in milliseconds. */
const ANSWER_MS = 5000;

export interface AgentParts {
  readonly client: GenesysClient;
  readonly clock: Clock;
}

/** Asks the platform whose token it is, with that token: it costs nothing of our own rate budget. */
export function openAgents({ client, clock }: AgentParts): Agents {
  return createAgents({
    clock,
    async whoIs(token) {
      using deadline = createDeadline(clock, ANSWER_MS);
      try {
        return await client.users.ownerOf(token, deadline.signal);
      } catch (error) {
        throw notTold(error);
      }
    },
  });
}

/** Asks the platform who is or was on a conversation. */
export function openAttendance({ client, clock }: AgentParts): AttendanceBook {
  const readConversation = createConversationReader(client);
  return createAttendanceBook({
    clock,
    async read(id) {
      using deadline = createDeadline(clock, ANSWER_MS);
      try {
        const conversation = await readConversation(id, deadline);
        const userIds = conversation?.participants.flatMap(({ userId }) => userId ?? []);
        return userIds && { userIds: new Set(userIds) };
      } catch (error) {
        throw notTold(error);
      }
    },
  });
}

function notTold(error: unknown): RapportError {
  const lasting = isRapportError(error) && !error.retryable ? error.nextStep : undefined;
  return new RapportError({
    code: 'ERR_AGENT_UNKNOWN',
    message: `the platform could not say what this agent may see: ${messageOf(error)}`,
    nextStep: lasting ?? 'Send it again in a moment.',
    retryable: true,
    fault: 'ours',
    details: { httpStatus: 503, retryAfterMs: 1000 },
    cause: error,
  });
}
