import { createHmac } from 'node:crypto';
import { RapportError } from '../../domain/errors.ts';
import type { ConversationId } from '../../domain/ids.ts';
import type { Feed } from '../../feed/create-feed.ts';
import { createWebhookVerifier, webhookRefused } from '../../intake/events/verify-webhook.ts';
import type { Ignored } from '../../intake/intake.ts';
import type { WebhookOptions } from '../../intake/options.ts';
import type { Agents } from '../../access/agents.ts';
import type { AttendanceBook } from '../../access/attendance.ts';
import { may, type Principal } from '../../access/principal.ts';
import type { Delivery } from '../../delivery/delivery.ts';
import type { Clock } from '../../lib/clock.ts';
import { ledgerIdOf } from '../../ledger/ledger-id.ts';
import type { Ledger, LedgerReader } from '../../ledger/ledger.ts';
import { toVerdict } from '../../writeback/advice.ts';
import type { HttpRooms, InboundEvent, Receipt } from '../http/rooms.ts';
import type { Inlet, Receipt as InletReceipt } from '../inlet.ts';
import type { Access } from './access.ts';
import { enableNote, type NoteWatch } from '../reload/note-watch.ts';
import { createWait } from './wait.ts';

export interface RoomParts extends Pick<
  HttpRooms,
  'lookup' | 'readContext' | 'unreadiness' | 'stats' | 'metrics' | 'onAnswered' | 'reload'
> {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly inlet: Inlet;
  readonly ledger: Ledger;
  readonly delivery: Pick<Delivery, 'enable'>;
  readonly watch: Pick<NoteWatch, 'tell'>;
  readonly access: Access;
  readonly feed: Feed;
  readonly agents: Agents;
  readonly attendance: AttendanceBook;
  readonly webhook: WebhookOptions | undefined;
}

/** Fits the rooms to what the HTTP interface asks for. */
export function createHttpRooms(parts: RoomParts): HttpRooms {
  const { clock, inlet, ledger, access, agents, attendance, webhook } = parts;
  const digest = (text: string): string =>
    createHmac('sha256', ledger.installationKey).update(text).digest('base64url');
  const prove = createProof(webhook, access.identify, clock);
  return {
    ...parts,
    ledgerId: ledgerIdOf(ledger.installationKey),
    identify: access.identify,
    identifyAgent: async (authorization, options) =>
      access.letsAgentsIn() ? agents.identify(authorization, options) : undefined,
    knowsAgent: (authorization) => access.letsAgentsIn() && agents.knows(authorization),
    stillMay: access.stillMay,
    assertSees: (principal, id) => attendance.assertSees(principal, id),
    tickets: access.tickets,
    waitFor: createWait(ledger, clock),
    async ask({ conversationId, kind, body, idempotencyKey }) {
      // A caller's key may say who the customer is; kept for a month, it must not.
      const dedupeKey =
        idempotencyKey && `http:${conversationId}:${kind}:${digest(idempotencyKey)}`;
      const [receipt] = await inlet.ask([
        { conversationId, kind, lane: 'manual', dedupeKey, traceId: undefined, body },
      ]);
      if (receipt === undefined) throw lost();
      return receiptOf(ledger, receipt);
    },
    async takeEvent(event) {
      const messageId = prove(event);
      const taken = await inlet.take(event.body, { messageId });
      if (taken.ignored !== undefined && isMendable(taken.ignored)) throw unreadable(taken.ignored);
      const requests = await Promise.all(taken.accepted.map((one) => receiptOf(ledger, one)));
      return {
        accepted: requests.length,
        observed: taken.observed,
        ...(requests.length === 0 ? {} : { requests }),
        ...(taken.ignored === undefined ? {} : { ignored: taken.ignored.detail }),
      };
    },
    replayConversation: (id, askedBy) => ledger.replay(id, askedBy),
    replayDelivery: (id) => replayDelivery(id, parts),
    erase: (order) => ledger.erase(order),
    readConversation: (id) => readConversation(ledger, id),
  };
}

/** The platform's own events come as they are, however often; another body can be written anew. */
const isMendable = ({ reason }: Ignored): boolean =>
  reason === 'bad-request' || reason === 'unknown-form';

function unreadable({ detail }: Ignored): RapportError {
  return new RapportError({
    code: 'ERR_EVENT_UNREADABLE',
    message: `the event asks for nothing that can be done: ${detail}`,
    nextStep: 'Send {"conversationId": "…"}, or an event as the platform sends it.',
    details: { httpStatus: 422 },
  });
}

/** A repeated request has the trace of the first one, by which logs, audit and webhook tell of it. */
async function receiptOf(
  ledger: Pick<LedgerReader, 'request'>,
  { id, traceId, duplicate }: InletReceipt,
): Promise<Receipt> {
  const first = duplicate ? await ledger.request(id) : undefined;
  return { enrichmentId: id, traceId: first?.traceId ?? traceId, duplicate };
}

/** Who posts events proves it by what `listen.webhook` says, or by a key with the scope `events`. */
function createProof(
  webhook: WebhookOptions | undefined,
  identify: (authorization: string | undefined) => Principal | undefined,
  clock: Clock,
): (event: InboundEvent) => string | undefined {
  const verify = createWebhookVerifier(
    {
      secrets: webhook?.secret ?? [],
      bearerKeys: webhook?.bearer ?? [],
      basic: webhook?.basic ?? [],
      toleranceMs: webhook?.toleranceMs ?? 0,
    },
    clock,
  );
  return (event) => {
    const { authorization, 'webhook-id': id } = event.headers;
    const principal = typeof authorization === 'string' ? identify(authorization) : undefined;
    if (principal !== undefined && may(principal, 'events')) {
      return typeof id === 'string' ? id : undefined;
    }
    const verdict = verify(event);
    if (verdict.kind === 'refused') throw webhookRefused(verdict.reason);
    return verdict.messageId;
  };
}

/** The destination is enabled first: it would set the message aside again as soon as it is due. */
async function replayDelivery(
  id: string,
  { ledger, delivery, watch }: Pick<RoomParts, 'ledger' | 'delivery' | 'watch'>,
): Promise<boolean> {
  const [message] = await ledger.outbox.list({ id, limit: 1 });
  if (message === undefined || !(message.state === 'dead' || message.state === 'sent')) {
    return false;
  }
  delivery.enable(message.destination);
  const isWaiting = await ledger.outbox.replay(id);
  await watch.tell(enableNote(message.destination));
  return isWaiting;
}

async function readConversation(ledger: LedgerReader, id: ConversationId): Promise<unknown> {
  const known = await ledger.find(id);
  if (known === undefined) return undefined;
  const [requests, outcomes] = await Promise.all([ledger.requests(id), ledger.outcomes(id)]);
  const { entries, ...conversation } = known;
  const keys = entries.map((entry) => {
    const { sentAt, acceptedAt, provedAt } = entry;
    return { ...toVerdict(entry), sentAt, acceptedAt, provedAt };
  });
  return { ...conversation, keys, requests, outcomes };
}

function lost(): RapportError {
  return new RapportError({
    code: 'ERR_LEDGER_ANSWER',
    message: 'the ledger answered for no request',
    fault: 'ours',
  });
}
