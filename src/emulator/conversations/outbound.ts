import type { ConversationState, ParticipantState, QueueState, UserState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { addParticipant, createConversation, createLeg } from './create.ts';
import { impossible } from './errors.ts';
import { asTel } from './start.ts';
import { publishConversation, publishStart } from './publish.ts';
import { requireTalking } from './transfer.ts';
import { connectLeg, customerOf, isActive, mainLeg } from './state.ts';

export interface OutboundParts {
  readonly user: UserState;
  /** The number that is called. */
  readonly to: string;
  /** Called on behalf of this queue: the far end is then a `customer`, else an `external` (assumed). */
  readonly queue?: QueueState | undefined;
  readonly name?: string | undefined;
  readonly attributes?: ReadonlyMap<string, string> | undefined;
}

/** An agent calls a number: the agent's leg dials, the far end's is being contacted. */
export function startOutboundCall(
  world: World,
  parts: OutboundParts,
): { readonly conversation: ConversationState; readonly farEnd: ParticipantState } {
  const { user, queue } = parts;
  const to = asTel(parts.to);
  const from = `sip:${user.email}`;
  const divisionId = queue?.divisionId ?? user.divisionId;
  const conversation = createConversation(world, {
    media: 'calls',
    direction: 'outbound',
    divisionId,
    address: to,
  });
  const leg = { media: 'calls', direction: 'outbound', fromAddress: from, toAddress: to } as const;
  const agent = addParticipant(world, conversation, {
    purpose: 'agent',
    name: user.name,
    userId: user.id,
    queueId: queue?.id,
    leg: { ...leg, state: 'dialing' },
  });
  agent.wrapupRequired = queue !== undefined;
  const farEnd = addParticipant(world, conversation, {
    purpose: queue === undefined ? 'external' : 'customer',
    name: parts.name,
    address: to,
    ani: from,
    dnis: to,
    attributes: parts.attributes,
    leg: { ...leg, state: 'contacting' },
  });
  publishStart(world, conversation, agent);
  publishStart(world, conversation, farEnd);
  publishConversation(world, conversation);
  return { conversation, farEnd };
}

/** One user calls another: two `user` participants and no customer (assumed). */
export function startInternalCall(
  world: World,
  from: UserState,
  to: UserState,
): { readonly conversation: ConversationState; readonly called: ParticipantState } {
  const addresses = { fromAddress: `sip:${from.email}`, toAddress: `sip:${to.email}` };
  const conversation = createConversation(world, {
    media: 'calls',
    direction: 'outbound',
    divisionId: from.divisionId,
    address: addresses.toAddress,
  });
  const calling = addParticipant(world, conversation, {
    purpose: 'user',
    name: from.name,
    userId: from.id,
    leg: { media: 'calls', direction: 'outbound', state: 'dialing', ...addresses },
  });
  const called = addParticipant(world, conversation, {
    purpose: 'user',
    name: to.name,
    userId: to.id,
    leg: { media: 'calls', direction: 'inbound', state: 'alerting', ...addresses },
  });
  for (const participant of [calling, called]) publishStart(world, conversation, participant);
  publishConversation(world, conversation);
  return { conversation, called };
}

/** The far end picks up; everybody who was dialling is connected with it. */
export function connectFarEnd(world: World, conversation: ConversationState): void {
  const waiting = conversation.participants.filter((p) => {
    const state = mainLeg(p)?.state;
    return isActive(p) && (state === 'contacting' || state === 'dialing');
  });
  if (waiting.length === 0) throw impossible('nobody is being called');
  for (const participant of waiting) connectLeg(world, participant);
  publishConversation(world, conversation);
}

/** The agent who has a callback calls the customer: both get a call leg beside the callback's. */
export function placeCallback(world: World, conversation: ConversationState): void {
  if (conversation.media !== 'callbacks') throw impossible('this is not a callback');
  const agent = requireTalking(conversation);
  const customer = customerOf(conversation);
  if (customer === undefined) throw impossible('there is no customer');
  const number = mainLeg(customer)?.callbackNumbers?.[0] ?? customer.address ?? '';
  const addresses = { fromAddress: `sip:agent`, toAddress: asTel(number) };
  for (const participant of [agent, customer]) {
    if (participant.legs.some((leg) => leg.media === 'calls'))
      throw impossible('the call was placed already');
    const leg = createLeg(world, {
      media: 'calls',
      direction: 'outbound',
      state: 'connected',
      ...addresses,
    });
    participant.legs.push(leg);
  }
  publishConversation(world, conversation);
}
