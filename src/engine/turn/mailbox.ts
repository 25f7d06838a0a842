import { NO_ATTRIBUTES, type Attributes } from '../../domain/attributes.ts';
import type { RequestBody } from '../../domain/request.ts';
import type { Claim, ClaimedRequest } from '../../ledger/turn.ts';

/** What the requests of one turn ask for, taken together: later ones win where they differ. */
export interface Mailbox {
  readonly requests: readonly ClaimedRequest[];
  readonly wantsEnrichment: boolean;
  readonly wantsWipe: boolean;
  /** Attributes that somebody wants written as they are. */
  readonly set: Attributes;
  /** What came along to find the customer by. */
  readonly body: RequestBody;
  /** When the request was accepted that brought `body.conversation` along. */
  readonly snapshotAt: number | undefined;
  /** When the oldest request was accepted; undefined without requests. */
  readonly receivedAt: number | undefined;
}

/** Reads a claim's requests as one wish. */
export function readMailbox({ requests }: Claim): Mailbox {
  const kinds = new Set(requests.map((request) => request.kind));
  const set = new Map<string, string>();
  for (const request of requests) {
    for (const [key, value] of request.body.attributes ?? NO_ATTRIBUTES) set.set(key, value);
  }
  const snapshot = newestSnapshot(requests);
  return {
    requests,
    wantsEnrichment: kinds.has('enrich'),
    wantsWipe: kinds.has('wipe'),
    set,
    body: {
      ...mergeBodies(requests.map((request) => request.body)),
      ...(snapshot && { conversation: snapshot.body.conversation, seenAt: snapshot.body.seenAt }),
    },
    snapshotAt: snapshot?.receivedAt,
    receivedAt: requests[0]?.receivedAt,
  };
}

function mergeBodies(bodies: readonly RequestBody[]): RequestBody {
  let merged: RequestBody = {};
  for (const body of bodies) {
    const given = Object.entries(body).filter(([, value]) => value !== undefined);
    merged = { ...merged, ...Object.fromEntries(given) };
  }
  return merged;
}

/** The one with the snapshot that was true last; one without a time counts as older than any with. */
function newestSnapshot(requests: readonly ClaimedRequest[]): ClaimedRequest | undefined {
  let newest: ClaimedRequest | undefined;
  for (const request of requests) {
    if (request.body.conversation === undefined) continue;
    const isNewer = (request.body.seenAt ?? 0) >= (newest?.body.seenAt ?? 0);
    if (newest === undefined || isNewer) newest = request;
  }
  return newest;
}
