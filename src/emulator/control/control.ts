import { RapportError } from '../../domain/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import type { Architect } from '../architect/run.ts';
import type { ArchitectSettings, FlowRun } from '../architect/step.ts';
import {
  changeAttributes,
  type AttributeChange,
  type AttributeSettings,
  type AttributeWriter,
} from '../conversations/attributes.ts';
import { endConversation, type EndedBy } from '../conversations/end.ts';
import { moveConversation, requireUser, type Move } from '../conversations/move.ts';
import { startInternalCall, startOutboundCall } from '../conversations/outbound.ts';
import type { ConversationShape } from '../conversations/views/shapes.ts';
import {
  requireQueue,
  startInbound,
  type InboundStart,
  type StartedConversation,
} from '../conversations/start.ts';
import { customerOf } from '../conversations/state.ts';
import { viewConversation } from '../conversations/views/conversation-view.ts';
import { conversationNotFound, participantNotFound } from '../http/errors.ts';
import type { Deliveries, DeliveryReport } from '../deliveries/deliveries.ts';
import type { DeliverySettings } from '../deliveries/settings.ts';
import type { Exchange, RequestLog } from '../http/request-log.ts';
import type { LimitChange, LimitSettings } from '../limits/settings.ts';
import type { Chaos, RuleReport } from '../chaos/chaos.ts';
import type { FaultRule } from '../chaos/fault-rule.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { ClientState } from '../oauth/clients.ts';
import type { CodeStore } from '../oauth/code-grant.ts';
import type { TokenStore } from '../oauth/tokens.ts';
import { announceClosing, type Channels } from '../push/channels.ts';
import type { ConversationState } from '../world/model.ts';
import {
  addClient,
  addFlow,
  addQueue,
  addUser,
  type ClientSeed,
  type FlowSeed,
  type QueueSeed,
  type UserSeed,
} from '../world/seed.ts';
import type { World } from '../world/world.ts';

export interface ControlParts {
  readonly world: World;
  readonly clock: Clock;
  readonly clients: Map<string, ClientState>;
  readonly tokens: TokenStore;
  readonly codes: CodeStore;
  readonly channels: Channels;
  readonly limiter: RateLimiter;
  readonly chaos: Chaos;
  readonly writer: AttributeWriter;
  readonly deliveries: Deliveries;
  readonly requests: RequestLog;
  readonly architect: Architect;
  readonly settings: { attributes: AttributeSettings; architect: ArchitectSettings };
  readonly plant: () => void;
}

/** A call that an agent makes. Users and queues by id or name. */
export interface OutboundStart {
  readonly user: string;
  /** The number that is called. */
  readonly to: string;
  /** On behalf of this queue: the far end is then a `customer`, else an `external`. */
  readonly queue?: string | undefined;
  readonly name?: string | undefined;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

/** A fault rule as it is given: what has a default may be left out. */
export type FaultRuleInput = Readonly<Record<string, unknown>> & {
  readonly kind: FaultRule['kind'];
};

interface Named {
  readonly id: string;
  readonly name: string;
}

const named = ({ id, name }: Named): Named => ({ id, name });

/** The emulated organization as an observer sees it. */
export interface WorldView {
  readonly now: string;
  readonly organization: Named;
  readonly queues: readonly Named[];
  readonly users: readonly Named[];
  readonly flows: readonly { readonly id: string; readonly name: string; readonly type: string }[];
  readonly integrations: readonly (Named & { readonly kind: 'open' | 'webmessaging' })[];
  readonly clients: readonly string[];
  readonly conversations: { readonly live: number; readonly ended: number };
  readonly channels: readonly {
    readonly id: string;
    readonly clientId: string;
    readonly connected: boolean;
    readonly topics: number;
  }[];
}

/**
 * Plays everybody that is not the program under test: customers, agents, the platform's operators.
 * The same over HTTP under `/control`, see the README.
 */
export class Control {
  readonly #parts: ControlParts;

  constructor(parts: ControlParts) {
    this.#parts = parts;
  }

  /** A customer calls, writes or asks for a callback. */
  start(start: InboundStart = {}): StartedConversation {
    return startInbound(this.#parts, start);
  }

  /** An agent calls a number. @returns the far end's participant */
  startOutbound(start: OutboundStart): StartedConversation {
    const { world } = this.#parts;
    const { conversation, farEnd } = startOutboundCall(world, {
      user: requireUser(world, start.user),
      to: start.to,
      queue: start.queue === undefined ? undefined : requireQueue(world, start.queue),
      name: start.name,
      attributes: new Map(Object.entries(start.attributes ?? {})),
    });
    return { conversationId: conversation.id, participantId: farEnd.id };
  }

  /** One user calls another: a conversation with no customer. @returns the called user's participant */
  startInternal(from: string, to: string): StartedConversation {
    const { world } = this.#parts;
    const { conversation, called } = startInternalCall(
      world,
      requireUser(world, from),
      requireUser(world, to),
    );
    return { conversationId: conversation.id, participantId: called.id };
  }

  /** Somebody on the platform's side acts: an agent answers, transfers, consults, … */
  move(conversationId: string, move: Move): void {
    moveConversation(this.#parts.world, this.#find(conversationId), move);
  }

  end(conversationId: string, by: EndedBy = 'customer'): void {
    endConversation(this.#parts.world, this.#find(conversationId), by);
  }

  /** As the generic GET would show it now. @throws {PlatformError} 404 */
  conversation(conversationId: string): ConversationShape {
    return viewConversation(this.#parts.world, this.#find(conversationId));
  }

  /** All conversations that were not purged, oldest first. */
  conversations(): ConversationShape[] {
    const { world } = this.#parts;
    return [...world.conversations.values()].map((found) => viewConversation(world, found));
  }

  /** What a participant holds now; of the customer unless one is named. */
  attributes(conversationId: string, participantId?: string): Record<string, string> {
    const found = this.#participant(this.#find(conversationId), participantId);
    return Object.fromEntries(found.attributes);
  }

  /** Another writer than the one under test sets attributes, at once; on the customer unless one is named. */
  writeAttributes(
    conversationId: string,
    attributes: Readonly<Record<string, string>>,
    participantId?: string,
  ): void {
    const conversation = this.#find(conversationId);
    const participant = this.#participant(conversation, participantId);
    this.#parts.writer.apply(conversation, participant, new Map(Object.entries(attributes)));
  }

  world(): WorldView {
    const { world, clients, channels } = this.#parts;
    const conversations = [...world.conversations.values()];
    const live = conversations.filter((c) => c.endedAt === undefined).length;
    return {
      now: new Date(world.now()).toISOString(),
      organization: world.organization,
      queues: [...world.queues.values()].map(named),
      users: [...world.users.values()].map(named),
      flows: [...world.flows.values()].map(({ id, name, type }) => ({ id, name, type })),
      integrations: [...world.integrations.values()].map(({ id, name, kind }) => ({
        id,
        name,
        kind,
      })),
      clients: [...clients.keys()],
      conversations: { live, ended: conversations.length - live },
      channels: channels.of().map((channel) => ({
        id: channel.id,
        clientId: channel.token.client.id,
        connected: channel.socket !== undefined,
        topics: channel.topics.size,
      })),
    };
  }

  /** The last requests to the platform's API and sign-in, oldest first. */
  requests(): readonly Exchange[] {
    return this.#parts.requests.entries();
  }

  clearRequests(): void {
    this.#parts.requests.clear();
  }

  addClient(seed: ClientSeed): void {
    addClient(this.#parts.world, this.#parts.clients, seed);
  }

  /** @returns its id */
  addQueue(seed: QueueSeed): string {
    return addQueue(this.#parts.world, seed);
  }

  /** @returns its id */
  addUser(seed: UserSeed): string {
    return addUser(this.#parts.world, seed);
  }

  /** @returns its id */
  addFlow(seed: FlowSeed): string {
    return addFlow(this.#parts.world, seed);
  }

  /** Changes how attributes behave from now on. */
  configureAttributes(change: AttributeChange): AttributeSettings {
    const { settings } = this.#parts;
    settings.attributes = changeAttributes(settings.attributes, change);
    return settings.attributes;
  }

  /** Changes how flows treat attributes, for flows that start from now on. */
  configureArchitect(change: Partial<ArchitectSettings>): ArchitectSettings {
    const { settings } = this.#parts;
    settings.architect = { ...settings.architect, ...change };
    return settings.architect;
  }

  /** What flows saw, run by run, of one conversation or of all. */
  flowRuns(conversationId?: string): readonly FlowRun[] {
    return this.#parts.architect.runs(conversationId);
  }

  /** Changes the rate limits; every count starts anew. */
  configureLimits(change: LimitChange): LimitSettings {
    this.#parts.limiter.configure(change);
    return this.#parts.limiter.settings;
  }

  /**
   * Adds a fault: see `FaultRule`. A missing id is given.
   *
   * @throws {RapportError} `ERR_FAULT_RULE`, `ERR_FAULT_RULE_EXISTS`
   */
  addFault(rule: FaultRuleInput): FaultRule {
    return this.#parts.chaos.add(rule);
  }

  /** The rules and how often each was met and hit. */
  faults(): readonly RuleReport[] {
    return this.#parts.chaos.list();
  }

  /** @returns false when there is no such rule */
  removeFault(id: string): boolean {
    return this.#parts.chaos.remove(id);
  }

  /** Removes every rule; a seed changes the dice from now on. */
  clearFaults(seed?: string): void {
    this.#parts.chaos.reset(seed);
  }

  /** Sends events to one more address from now on. */
  addDelivery(settings: DeliverySettings): void {
    this.#parts.deliveries.add(settings);
  }

  /** What became of the events, address by address. */
  deliveries(): DeliveryReport[] {
    return this.#parts.deliveries.report();
  }

  /** Revokes access tokens of one client, or of all. @returns how many */
  revokeTokens(clientId?: string): number {
    return this.#parts.tokens.revoke(clientId);
  }

  /** Cuts every open notification socket, or one channel's, as a network does. @returns how many */
  dropSockets(channelId?: string): number {
    const open = this.#openChannels(channelId);
    for (const channel of open) {
      const { socket } = channel;
      channel.socket = undefined;
      socket?.cut();
    }
    return open.length;
  }

  /** Sends `v2.system.socket_closing`, and closes after `delayMs`. @returns how many sockets */
  closeSockets(delayMs = 60_000, channelId?: string): number {
    const open = this.#openChannels(channelId);
    for (const channel of open) {
      announceClosing(channel, 'The socket will close for maintenance.');
      const { socket } = channel;
      this.#parts.world.after(delayMs, () => socket?.close('maintenance'));
    }
    return open.length;
  }

  /** Moves a manual clock. @throws {RapportError} `ERR_CLOCK_NOT_MANUAL` for any other clock */
  async advance(ms: number): Promise<void> {
    const { clock } = this.#parts;
    if (clock instanceof ManualClock) {
      await clock.advance(ms);
      return;
    }
    throw new RapportError({
      code: 'ERR_CLOCK_NOT_MANUAL',
      message: 'the emulator runs on a clock that cannot be advanced',
      nextStep: 'Start it with a manual clock.',
    });
  }

  /** Back to the beginning: the seed's organization, no conversation, no token, no channel, empty log. */
  reset(): void {
    const { world, tokens, codes, channels, limiter, chaos, requests, plant } = this.#parts;
    channels.clear();
    tokens.clear();
    codes.clear();
    limiter.reset();
    chaos.reset();
    requests.clear();
    world.clear();
    plant();
  }

  #openChannels(channelId: string | undefined): ReturnType<Channels['of']> {
    const { channels } = this.#parts;
    return channels
      .of()
      .filter((c) => c.socket !== undefined && (channelId === undefined || c.id === channelId));
  }

  #find(conversationId: string): ConversationState {
    const conversation = this.#parts.world.conversations.get(conversationId);
    if (conversation === undefined) throw conversationNotFound();
    return conversation;
  }

  #participant(
    conversation: ConversationState,
    participantId: string | undefined,
  ): ConversationState['participants'][number] {
    const found =
      participantId === undefined
        ? customerOf(conversation)
        : conversation.participants.find((p) => p.id === participantId);
    if (found === undefined) throw participantNotFound();
    return found;
  }
}
