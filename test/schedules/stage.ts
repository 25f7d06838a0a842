import { addParticipant } from '../../src/emulator/conversations/create.ts';
import { publishConversation, publishStart } from '../../src/emulator/conversations/publish.ts';
import { leaveAndTell, pathOf } from '../../src/emulator/conversations/routing.ts';
import { customerOf } from '../../src/emulator/conversations/state.ts';
import { createInProcessEmulator, type InProcessEmulator } from '../../src/emulator/in-process.ts';
import type { ConversationState, ParticipantState } from '../../src/emulator/world/model.ts';
import { ManualClock } from '../../src/lib/manual-clock.ts';
import { OUR_KEYS, THEIR_KEYS, type OurKey, type PlatformMood } from './schedule.ts';

const QUEUE = 'Support';
const AGENT = 'Ada';

/** One value that came to stand on a participant. */
export interface Applied {
  readonly at: number;
  readonly participantId: string;
  readonly key: string;
  readonly value: string;
  readonly by: 'us' | 'other' | 'flow';
}

/** The emulated platform with one call on it, and everybody but Rapport who has to do with it. */
export class Stage {
  readonly clock: ManualClock = new ManualClock();
  readonly emulator: InProcessEmulator;
  readonly conversation: ConversationState;
  customer: ParticipantState;
  /** Who wrote what when. */
  readonly history: Applied[] = [];
  /** Writes that the platform has taken, in their order. */
  readonly taken: {
    readonly participantId: string;
    readonly changes: ReadonlyMap<string, string>;
  }[] = [];
  #serial = 0;

  constructor(mood: PlatformMood) {
    const { clock } = this;
    this.emulator = createInProcessEmulator({
      clock,
      organization: { queues: [{ name: QUEUE }], users: [{ name: AGENT }], flows: [] },
      attributes: { lagMs: 300, afterEnd: mood.afterEnd },
      architect: { voiceWrites: mood.voiceWrites },
    });
    const { rooms, control } = this.emulator;
    const write = rooms.writer.write.bind(rooms.writer);
    rooms.writer.write = (conversation, participant, changes) => {
      this.taken.push({ participantId: participant.id, changes });
      write(conversation, participant, changes);
    };
    rooms.world.listen((event) => {
      if (event.kind !== 'detail' || event.detail !== 'attributes') return;
      this.#takeDown(event.participant, event.changed ?? new Map());
    });
    const { conversationId } = control.start({ queue: QUEUE });
    const conversation = rooms.world.conversations.get(conversationId);
    const customer = conversation && customerOf(conversation);
    if (conversation === undefined || customer === undefined) throw new Error('nobody called');
    this.conversation = conversation;
    this.customer = customer;
  }

  [Symbol.dispose](): void {
    this.emulator[Symbol.dispose]();
  }

  get topics(): { readonly queue: string; readonly details: readonly string[] } {
    const queue = this.emulator.rooms.world.findQueue(QUEUE)?.id ?? '';
    const { id } = this.conversation;
    const details = ['attributes', 'flow.start', 'flow.end', 'customer.end'];
    return {
      queue: `v2.routing.queues.${queue}.conversations`,
      details: details.map((name) => `v2.detail.events.conversation.${id}.${name}`),
    };
  }

  get hasEnded(): boolean {
    return this.conversation.endedAt !== undefined;
  }

  valueOf(participantId: string, key: string): string | undefined {
    const found = this.conversation.participants.find(({ id }) => id === participantId);
    return found?.attributes.get(key);
  }

  /** How often somebody has written secure attributes. */
  get secureVersion(): number {
    return this.conversation.secure?.version ?? 0;
  }

  /** Secure attributes are the conversation's: they are taken down for whoever is its customer. */
  takeDownSecure(changes: ReadonlyMap<string, string>): void {
    const at = this.clock.wallMs();
    for (const [key, value] of changes) {
      this.history.push({ at, participantId: this.customer.id, key, value, by: 'us' });
    }
  }

  /** Another integration writes as everybody does: accepted now, applied when its lag is over. */
  writeAsOther(key: string): void {
    const { writer } = this.emulator.rooms;
    writer.write(
      this.conversation,
      this.customer,
      new Map([[key, `theirs-${(this.#serial += 1)}`]]),
    );
  }

  runFlow(forMs: number, writes: readonly OurKey[]): void {
    if (this.hasEnded) return;
    const { control, rooms } = this.emulator;
    const name = `flow-${(this.#serial += 1)}`;
    const copied = Object.fromEntries(writes.map((key) => [key, `\${${key}}`]));
    control.addFlow({
      name,
      steps: [
        ...OUR_KEYS.map((key) => ({ get: key })),
        { waitMs: forMs },
        // It signs what it writes, so that the history can tell who wrote.
        { set: { ...copied, [THEIR_KEYS[0]]: name } },
      ],
    });
    const flow = rooms.world.findFlow(name);
    const queue = rooms.world.findQueue(QUEUE);
    if (flow === undefined) throw new Error('the flow is not there');
    rooms.architect.start({
      conversation: this.conversation,
      customer: this.customer,
      flow,
      queue,
    });
  }

  route(): void {
    if (this.hasEnded) return;
    const { control } = this.emulator;
    const isTaken = this.conversation.participants.some(
      (p) => p.purpose === 'agent' && p.endedAt === undefined,
    );
    const move = isTaken
      ? ({ kind: 'enqueue', queue: QUEUE } as const)
      : ({ kind: 'answer', user: AGENT } as const);
    control.move(this.conversation.id, move);
  }

  /** Somebody else is the far end now; whoever was it has left. */
  replaceCustomer(): void {
    if (this.hasEnded) return;
    const { world } = this.emulator.rooms;
    const { conversation, customer } = this;
    this.customer = addParticipant(world, conversation, {
      purpose: 'customer',
      address: customer.address,
      ani: customer.ani,
      dnis: customer.dnis,
      name: undefined,
      userId: undefined,
      queueId: undefined,
      flowId: undefined,
      externalContactId: undefined,
      consultParticipantId: undefined,
      leg: {
        media: conversation.media,
        direction: 'inbound',
        state: 'connected',
        ...pathOf(customer),
      },
    });
    publishStart(world, conversation, this.customer);
    leaveAndTell(world, conversation, customer, 'transfer');
    publishConversation(world, conversation);
  }

  end(): void {
    this.emulator.control.end(this.conversation.id);
  }

  #takeDown(participant: ParticipantState, changed: ReadonlyMap<string, string>): void {
    // The world counts in fractions where a clock does; the history is read in whole milliseconds.
    const at = this.clock.wallMs();
    const isSigned = changed.get(THEIR_KEYS[0])?.startsWith('flow-') === true;
    for (const [key, value] of changed) {
      const by = isSigned ? 'flow' : value.startsWith('theirs-') ? 'other' : 'us';
      this.history.push({ at, participantId: participant.id, key, value, by });
    }
  }
}
