import { RapportError } from '../../domain/errors.ts';
import { parseConversationId } from '../../domain/ids.ts';
import type { LedgerReader } from '../../ledger/ledger.ts';
import type { HttpRooms } from '../http/rooms.ts';
import type { Inlet } from '../inlet.ts';

export interface RoomParts {
  readonly inlet: Inlet;
  readonly ledger: LedgerReader;
  readonly authorize: (authorization: string | undefined) => void;
  readonly unreadiness: () => readonly string[];
}

/** Fits the rooms to what the HTTP interface asks for. */
export function createHttpRooms({ inlet, ledger, authorize, unreadiness }: RoomParts): HttpRooms {
  return {
    authorize,
    unreadiness,
    async enrich({ conversationId, body, idempotencyKey }) {
      const id = parseConversationId(conversationId);
      const [receipt] = await inlet.ask([
        {
          conversationId: id,
          kind: 'enrich',
          lane: 'manual',
          dedupeKey: idempotencyKey === undefined ? undefined : `http:${idempotencyKey}`,
          traceId: undefined,
          body,
        },
      ]);
      if (receipt === undefined) throw lost();
      return { enrichmentId: receipt.id, traceId: receipt.traceId, duplicate: receipt.duplicate };
    },
    async takeEvent({ headers, body }) {
      authorize(single(headers['authorization']));
      const taken = await inlet.take(body, single(headers['webhook-id']));
      return {
        accepted: taken.accepted.length,
        observed: taken.observed,
        ...(taken.ignored === undefined ? {} : { ignored: taken.ignored }),
      };
    },
    async readConversation(conversationId) {
      const id = parseConversationId(conversationId);
      const known = await ledger.find(id);
      if (known === undefined) return undefined;
      const [requests, outcomes] = await Promise.all([ledger.requests(id), ledger.outcomes(id)]);
      const { entries, ...conversation } = known;
      const keys = entries.map(({ participantId, key, state, sentAt, acceptedAt, provedAt }) => ({
        participantId,
        key,
        state,
        sentAt,
        acceptedAt,
        provedAt,
      }));
      return { ...conversation, keys, requests, outcomes };
    },
  };
}

const single = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.[0];

function lost(): RapportError {
  return new RapportError({
    code: 'ERR_LEDGER_ANSWER',
    message: 'the ledger answered for no request',
    fault: 'ours',
  });
}
