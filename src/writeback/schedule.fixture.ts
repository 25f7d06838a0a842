import { parseParticipantId, type ParticipantId } from '../domain/ids.ts';
import type { Observation } from '../domain/observation.ts';
import type { PlatformPort } from './platform-port.ts';
import { CONVERSATION, CUSTOMER, type Fate } from './turn/fake-platform.fixture.ts';
import type { WantedValue } from './turn/input.ts';
import { Rig } from './turn/rig.fixture.ts';

/** The keys that we want; the flow and other writers set them too. `wiped` is personal and marked. */
export const OUR_KEYS = ['tier', 'note', 'wiped'] as const;
/** Keys that are never ours. */
export const THEIR_KEYS = ['ivr.language', 'agent.note'] as const;
export type OurKey = (typeof OUR_KEYS)[number];

export type Happening =
  | { readonly kind: 'ask'; readonly keys: readonly OurKey[] }
  | { readonly kind: 'other'; readonly key: string }
  | { readonly kind: 'flow'; readonly forMs: number; readonly writes: readonly OurKey[] }
  | { readonly kind: 'transfer' }
  | { readonly kind: 'fate'; readonly fate: Fate }
  | { readonly kind: 'no-reads'; readonly count: number }
  | { readonly kind: 'lag'; readonly ms: number }
  | { readonly kind: 'events'; readonly delivery: Delivery }
  | { readonly kind: 'end' };

/** What becomes of the next event. */
export type Delivery = 'twice' | 'never' | { readonly lateByMs: number };

export interface Step {
  /** Milliseconds from the start. */
  readonly at: number;
  readonly what: Happening;
}

/** What the schedule itself knows: who wanted and did what, and when. No product code reads it. */
export interface Record {
  readonly asks: { readonly at: number; readonly key: string; readonly value: string }[];
  readonly customers: { readonly at: number; readonly id: ParticipantId }[];
  lostEvents: number;
  lostReads: number;
  /** When the end was told. */
  endToldAt: number | undefined;
}

/** Plays a schedule of a call, its flow, other writers and a faulty network around the product. */
export class Schedule {
  readonly rig: Rig;
  readonly record: Record;
  readonly #mailbox: ReadonlyMap<string, WantedValue>[] = [];
  readonly #deliveries: Delivery[] = [];
  readonly #wanted = new Map<string, WantedValue>();
  #serial = 0;

  constructor(wrap: (port: PlatformPort, schedule: Schedule) => PlatformPort = (port) => port) {
    this.rig = new Rig({ onOverwrite: { byFlow: 'ours', byOthers: 'alert' } });
    this.rig.port = wrap(this.rig.platform, this);
    this.record = {
      asks: [],
      customers: [{ at: this.rig.clock.wallMs(), id: CUSTOMER }],
      lostEvents: 0,
      lostReads: 0,
      endToldAt: undefined,
    };
    this.rig.platform.onObservation = (observation) => this.#deliver(observation);
  }

  async play(steps: readonly Step[], quietMs: number): Promise<void> {
    const { clock } = this.rig;
    for (const { at, what } of steps) clock.timer(at, () => this.#happen(what));
    const last = Math.max(0, ...steps.map((step) => step.at));
    const until = clock.wallMs() + last + quietMs;
    while (clock.wallMs() < until) {
      const wanted = this.#mailbox.shift();
      const isDue = (this.rig.dueAt ?? Number.POSITIVE_INFINITY) <= clock.wallMs();
      if (wanted !== undefined) await this.#ask(wanted);
      else if (isDue) await this.rig.turn({ ended: this.#isOver });
      else await clock.advance(this.#quietFor(until));
    }
  }

  /** Small steps while things happen, and a jump to the next due time once it is quiet. */
  #quietFor(until: number): number {
    const { clock, dueAt } = this.rig;
    const now = clock.wallMs();
    if (clock.pendingTimers > 0) return Math.min(50, until - now);
    return Math.max(1, Math.min(dueAt ?? until, until) - now);
  }

  get #isOver(): boolean {
    return this.record.endToldAt !== undefined;
  }

  async #ask(wanted: ReadonlyMap<string, WantedValue>): Promise<void> {
    const targets = [{ participantId: this.rig.customerId, wanted }];
    // What is asked for after the end is skipped, and changes nothing that was said before.
    for (const [key, { value }] of this.#isOver ? [] : wanted) {
      const at = this.rig.clock.wallMs();
      if (value !== null) this.record.asks.push({ at, key, value });
    }
    await this.rig.turn({ targets, asked: true, ended: this.#isOver });
  }

  #happen(what: Happening): void {
    const { platform } = this.rig;
    switch (what.kind) {
      case 'ask':
        this.#want(what.keys);
        break;
      case 'other':
        platform.set(this.rig.customerId, what.key, `theirs-${(this.#serial += 1)}`);
        break;
      case 'flow':
        this.#runFlow(what.forMs, what.writes);
        break;
      case 'transfer':
        this.#transfer();
        break;
      case 'fate':
        platform.fates.push(what.fate);
        break;
      case 'no-reads':
        this.record.lostReads += what.count;
        platform.readFailures.push(...Array.from({ length: what.count }, () => true));
        break;
      case 'lag':
        platform.lagMs = what.ms;
        break;
      case 'events':
        this.#deliveries.push(what.delivery);
        break;
      case 'end':
        this.#end();
        break;
    }
  }

  #want(keys: readonly OurKey[]): void {
    const wanted = new Map<string, WantedValue>();
    for (const key of keys) {
      const value = `ours-${(this.#serial += 1)}`;
      wanted.set(key, { value, class: 'personal', wipe: key === 'wiped' });
    }
    for (const [key, value] of wanted) this.#wanted.set(key, value);
    this.#mailbox.push(wanted);
  }

  /** The flow takes its copy now and writes it back at its end, whatever was written meanwhile. */
  #runFlow(forMs: number, writes: readonly OurKey[]): void {
    const { platform, clock, customerId } = this.rig;
    const copy = new Map(platform.store.get(customerId));
    const flowId = `flow-${(this.#serial += 1)}`;
    this.#tellFlow('flow-started', flowId);
    clock.timer(forMs, () => {
      this.#tellFlow('flow-ended', flowId);
      clock.timer(100, () => {
        for (const key of writes) platform.set(customerId, key, copy.get(key) ?? '', 'flow');
      });
    });
  }

  #tellFlow(kind: 'flow-started' | 'flow-ended', flowId: string): void {
    const eventAt = this.#platformNow();
    this.rig.tell({ kind, conversationId: CONVERSATION, eventAt, flowId, flowType: 'INBOUNDCALL' });
  }

  #transfer(): void {
    const { rig } = this;
    const id = parseParticipantId(`customer-${(this.#serial += 1)}`);
    rig.platform.join(id, 'customer');
    rig.platform.left.add(rig.customerId);
    rig.platform.purposes.set(rig.customerId, 'former');
    rig.customerId = id;
    this.record.customers.push({ at: rig.clock.wallMs(), id });
    this.#mailbox.push(new Map(this.#wanted));
  }

  #end(): void {
    this.rig.platform.ended = true;
    this.record.endToldAt ??= this.rig.clock.wallMs();
    const eventAt = this.#platformNow();
    this.rig.tell({ kind: 'ended', conversationId: CONVERSATION, eventAt });
  }

  #platformNow(): number {
    return this.rig.clock.wallMs() + this.rig.platform.skewMs;
  }

  #deliver(observation: Observation): void {
    const delivery = this.#deliveries.shift();
    if (delivery === 'never') {
      this.record.lostEvents += 1;
      return;
    }
    if (typeof delivery === 'object') {
      this.rig.clock.timer(delivery.lateByMs, () => this.rig.tell(observation));
      return;
    }
    this.rig.tell(observation);
    if (delivery === 'twice') this.rig.tell(observation);
  }
}
