import { hasEnded } from '../domain/conversation.ts';
import { parseTraceId, type ConversationId } from '../domain/ids.ts';
import { createClientPort } from '../writeback/client-port.ts';
import type { WantedValue } from '../writeback/turn/input.ts';
import { writeTurn } from '../writeback/turn/write-turn.ts';
import { chosenParticipants, customerIn } from './participants.ts';
import type { SetCall, SetResult } from './rapport.ts';
import { writebackOf, type Tools } from './tools.ts';

/** Reads the conversation, writes the keys that differ, and waits for their proof. */
export async function writeAttributes(
  tools: Tools,
  conversationId: ConversationId,
  attributes: Readonly<Record<string, string | null>>,
  { participantIds = [], signal = new AbortController().signal }: SetCall,
): Promise<SetResult> {
  const { client, clock } = tools;
  const traceId = parseTraceId(tools.newId());
  const startedAt = clock.wallMs();
  const conversation = await client.conversations.get(conversationId, {
    signal,
    lane: 'manual',
    traceId,
  });
  const customerId = customerIn(conversation);
  // Of a conversation that is over, nobody is the customer any more; that is no mistake of the caller's.
  if (hasEnded(conversation) && participantIds.length === 0 && customerId === undefined) {
    return { keys: [], ended: true, platformRequests: 1, proofRequests: 0, traceId };
  }
  const wanted = wantedOf(attributes);
  const { keyVerdicts, ...written } = await writeTurn(
    {
      conversationId,
      seen: { conversation, sight: { source: 'read', startedAt } },
      customerId,
      targets: chosenParticipants(conversation, { named: participantIds, customerId }).map(
        (participantId) => ({
          participantId,
          wanted,
          isChosen: participantId !== customerId || undefined,
        }),
      ),
      asked: true,
      entries: [],
      turn: traceId,
      lane: 'manual',
      covered: false,
    },
    {
      ...writebackOf(tools),
      port: createClientPort({ client, traceId }),
      signal,
      assertHeld: () => signal.throwIfAborted(),
      resolve: customerIn,
    },
  );
  const { ended, proofRequests } = written;
  const platformRequests = written.platformRequests + 1;
  return { keys: keyVerdicts, ended, platformRequests, proofRequests, traceId };
}

function wantedOf(
  attributes: Readonly<Record<string, string | null>>,
): ReadonlyMap<string, WantedValue> {
  return new Map(
    Object.entries(attributes).map(([key, value]) => [
      key,
      { value, class: 'public', wipe: false } as const,
    ]),
  );
}
