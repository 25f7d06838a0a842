import { notFound } from '../http/errors.ts';
import type {
  ConversationState,
  FlowState,
  Media,
  ParticipantState,
  QueueState,
} from '../world/model.ts';
import type { World } from '../world/world.ts';
import { addParticipant, createConversation, type LegParts } from './create.ts';
import { publishConversation, publishStart } from './publish.ts';
import { enqueue } from './routing.ts';
import { connectLeg } from './state.ts';

/** A conversation that a customer begins. */
export interface InboundStart {
  /** @defaultValue `'calls'` */
  readonly media?: Media | undefined;
  /** Id or name of the queue where it waits; without one it stays with the flow, or alone. */
  readonly queue?: string | undefined;
  /** Id or name of the flow that it passes first; adds a participant of purpose `ivr`. */
  readonly flow?: string | undefined;
  /** The customer's address: a phone number, an e-mail, an opaque id. @defaultValue one that fits the medium */
  readonly from?: string | undefined;
  /** The address that was called or written to. @defaultValue one that fits the medium */
  readonly to?: string | undefined;
  readonly name?: string | undefined;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly externalContactId?: string | undefined;
  /** `webmessaging`, `open`, `sms`, …; messages only. @defaultValue `'webmessaging'` */
  readonly messageType?: string | undefined;
  readonly subject?: string | undefined;
  readonly callbackNumbers?: readonly string[] | undefined;
  /** Epoch milliseconds; until then a callback is `scheduled` and no queue has it. */
  readonly callbackScheduledAt?: number | undefined;
}

export interface StartedConversation {
  readonly conversationId: string;
  /** The customer's participant. */
  readonly participantId: string;
}

export interface StartParts {
  readonly world: World;
  readonly architect: FlowStarter;
}

/** What starts a flow over a conversation. */
export interface FlowStarter {
  start(start: {
    readonly conversation: ConversationState;
    readonly customer: ParticipantState;
    readonly flow: FlowState;
    readonly queue: QueueState | undefined;
  }): void;
}

/** Begins an inbound conversation: the customer, the flow if there is one, then the queue. */
export function startInbound(
  { world, architect }: StartParts,
  start: InboundStart,
): StartedConversation {
  const media = start.media ?? 'calls';
  const queue = start.queue === undefined ? undefined : requireQueue(world, start.queue);
  const flow = start.flow === undefined ? undefined : requireFlow(world, start.flow);
  const divisionId = queue?.divisionId ?? homeDivision(world);
  const addresses = addressesOf(media, start);
  const conversation = createConversation(world, {
    media,
    direction: 'inbound',
    divisionId,
    address: addresses.from,
  });
  const customer = addCustomer(world, conversation, { ...start, media, ...addresses });
  publishStart(world, conversation, customer);
  publishConversation(world, conversation);
  const dueMs = (start.callbackScheduledAt ?? 0) - world.now();
  if (queue !== undefined && dueMs > 0) schedule(world, { conversation, customer, queue, dueMs });
  else if (flow !== undefined) architect.start({ conversation, customer, flow, queue });
  else if (queue !== undefined) enqueue(world, conversation, queue);
  return { conversationId: conversation.id, participantId: customer.id };
}

/** Brings a callback to its queue when its time has come, unless it was ended before. */
function schedule(
  world: World,
  what: {
    readonly conversation: ConversationState;
    readonly customer: ParticipantState;
    readonly queue: QueueState;
    readonly dueMs: number;
  },
): void {
  const { conversation, customer, queue, dueMs } = what;
  world.after(dueMs, () => {
    if (conversation.endedAt !== undefined) return;
    connectLeg(world, customer);
    enqueue(world, conversation, queue);
  });
}

function addCustomer(
  world: World,
  conversation: ConversationState,
  start: InboundStart & { readonly media: Media; readonly from: string; readonly to: string },
): ParticipantState {
  const customer = addParticipant(world, conversation, {
    purpose: 'customer',
    name: start.name,
    externalContactId: start.externalContactId,
    address: start.from,
    ani: start.media === 'calls' ? start.from : undefined,
    dnis: start.media === 'calls' ? start.to : undefined,
    attributes: new Map(Object.entries(start.attributes ?? {})),
    leg: legOf(start),
  });
  if (start.media === 'messages') {
    customer.legs[0]?.messages.push({ id: world.newId(), at: world.now(), status: 'received' });
  }
  return customer;
}

function legOf(
  start: InboundStart & { readonly media: Media; readonly from: string; readonly to: string },
): LegParts {
  const { media } = start;
  return {
    media,
    direction: 'inbound',
    state: start.callbackScheduledAt === undefined ? 'connected' : 'scheduled',
    fromAddress: start.from,
    toAddress: start.to,
    messageType: media === 'messages' ? (start.messageType ?? 'webmessaging') : undefined,
    subject: media === 'emails' ? (start.subject ?? '') : undefined,
    callbackNumbers: media === 'callbacks' ? (start.callbackNumbers ?? [start.from]) : undefined,
    callbackUserName: media === 'callbacks' ? start.name : undefined,
    callbackScheduledAt: media === 'callbacks' ? start.callbackScheduledAt : undefined,
  };
}

/** Addresses in the form the platform gives them: `tel:+1…` on calls, plain elsewhere. */
function addressesOf(
  media: Media,
  start: InboundStart,
): { readonly from: string; readonly to: string } {
  switch (media) {
    case 'calls':
      return {
        from: asTel(start.from ?? '+15551230001'),
        to: asTel(start.to ?? '+18005550100'),
      };
    case 'callbacks':
      return {
        from: start.from ?? start.callbackNumbers?.[0] ?? '+15551230001',
        to: start.to ?? '+18005550100',
      };
    case 'emails':
      return { from: start.from ?? 'customer@example.com', to: start.to ?? 'support@example.com' };
    case 'messages':
      return { from: start.from ?? 'guest', to: start.to ?? 'deployment' };
  }
}

export const asTel = (address: string): string =>
  /^[a-z]+:/i.test(address) ? address : `tel:${address}`;

export function requireQueue(world: World, idOrName: string): QueueState {
  const queue = world.findQueue(idOrName);
  if (queue === undefined) throw notFound(`no queue with id or name "${idOrName}"`);
  return queue;
}

function requireFlow(world: World, idOrName: string): FlowState {
  const flow = world.findFlow(idOrName);
  if (flow === undefined) throw notFound(`no flow with id or name "${idOrName}"`);
  return flow;
}

export function homeDivision(world: World): string {
  const [home] = world.divisions.keys();
  return home ?? world.organization.id;
}
