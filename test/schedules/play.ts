import { Network, type Sent } from './network.ts';
import type { Happening, PlatformMood, Schedule } from './schedule.ts';
import { Service, type WrapPort } from './service.ts';
import { Stage, type Applied } from './stage.ts';
import type { Told } from './told.ts';

/** Long enough for every deadline but a wipe's, in milliseconds. */
const QUIET_MS = 600_000;
/** Long enough for a wipe's too. */
const WIPE_MS = 700_000;

/** What the schedule itself knows: who wanted and did what, and when. No product code reads it. */
export interface Record {
  readonly mood: PlatformMood;
  readonly history: readonly Applied[];
  readonly sent: readonly Sent[];
  /** What the CRM said of a key from when on: that is what is asked for. */
  readonly asks: Service['crm']['said'];
  /** Requests that nobody has answered. */
  readonly unanswered: number;
  readonly isRestless: boolean;
  readonly isSetAside: boolean;
  readonly customers: readonly string[];
  readonly turns: Service['turns'];
  readonly told: readonly Told[];
  /** What is said of each key at last. */
  readonly said: readonly Said[];
  readonly hasLostFrames: boolean;
  /** When a frame came in that shows the end. */
  readonly endToldAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly valueOf: (participantId: string, key: string) => string | undefined;
}

export interface Said {
  readonly participantId: string;
  readonly key: string;
  readonly state: string;
  /** In which state the end found it, once the guard is off. */
  readonly was: string | undefined;
}

/** Plays a schedule around the product and tells what happened. */
export async function play(schedule: Schedule, wrap?: WrapPort): Promise<Record> {
  using stage = new Stage(schedule.platform);
  const network = new Network(stage, schedule.platform.latencyMs);
  await using service = new Service(stage, network, { mood: schedule.platform, wrap });
  const player = new Player({ stage, network, service });
  const listening = service.listen(schedule.platform.topics);
  // Signed in and subscribed before the first thing happens.
  await stage.clock.advance(5000);
  using socket = await listening;
  void socket;
  player.watchEnd();
  for (const { at, what } of schedule.steps) stage.clock.timer(at, () => player.happen(what));
  const last = Math.max(0, ...schedule.steps.map((step) => step.at));
  await stage.clock.advance(last + QUIET_MS);
  if (stage.hasEnded) await stage.clock.advance(WIPE_MS);
  return player.tell(schedule.platform);
}

class Player {
  readonly #stage: Stage;
  readonly #network: Network;
  readonly #service: Service;
  readonly #customers: string[];
  #hasLostFrames = false;
  #endToldAt: number | undefined;
  #serial = 0;

  constructor(parts: {
    readonly stage: Stage;
    readonly network: Network;
    readonly service: Service;
  }) {
    this.#stage = parts.stage;
    this.#network = parts.network;
    this.#service = parts.service;
    this.#customers = [parts.stage.customer.id];
  }

  happen(what: Happening): void {
    switch (what.kind) {
      case 'ask':
        this.#ask(what.keys);
        break;
      case 'other':
        this.#stage.writeAsOther(what.key);
        break;
      case 'flow':
        this.#stage.runFlow(what.forMs, what.writes);
        break;
      case 'route':
        this.#stage.route();
        break;
      case 'replace-customer':
        this.#stage.replaceCustomer();
        this.#customers.push(this.#stage.customer.id);
        break;
      case 'fault':
        this.#addFault(what.rule);
        break;
      case 'swallow':
        this.#network.swallows += 1;
        break;
      case 'lag':
        this.#stage.emulator.control.configureAttributes({ lagMs: what.ms });
        break;
      case 'crm-fails':
        this.#service.crm.failures += what.times;
        break;
      case 'busy':
        this.#service.spendBudget(what.forMs);
        break;
      case 'crash':
        this.#service.crash();
        break;
      case 'end':
        this.#stage.end();
        break;
    }
  }

  /** When a frame comes in that shows the end. */
  watchEnd(): void {
    this.#service.onFrame = (text) => {
      const { eventBody } = JSON.parse(text) as {
        eventBody: { participants?: readonly { endTime?: string }[] };
      };
      const isOver = eventBody.participants?.every(({ endTime }) => endTime !== undefined);
      if (isOver === true) this.#endToldAt ??= this.#stage.clock.wallMs();
    };
  }

  tell(mood: PlatformMood): Record {
    const { history, conversation } = this.#stage;
    const { turns, told, entries, crm, unanswered, isRestless, isSetAside } = this.#service;
    return {
      mood,
      history,
      sent: this.#network.sent,
      asks: crm.said,
      unanswered,
      isRestless,
      isSetAside,
      customers: this.#customers,
      turns,
      told,
      said: [...entries.values()].map(({ participantId, key, state, note }) => ({
        participantId,
        key,
        state,
        was: typeof note['was'] === 'string' ? note['was'] : undefined,
      })),
      hasLostFrames: this.#hasLostFrames,
      endToldAt: this.#endToldAt,
      endedAt: conversation.endedAt,
      valueOf: (participantId, key) => this.#stage.valueOf(participantId, key),
    };
  }

  #ask(keys: readonly string[]): void {
    for (const key of keys) {
      this.#service.crm.values.set(key, `ours-${(this.#serial += 1)}`);
    }
    this.#service.ask();
  }

  #addFault(rule: Extract<Happening, { kind: 'fault' }>['rule']): void {
    const id = `${rule.kind}-${(this.#serial += 1)}`;
    this.#stage.emulator.control.addFault({ ...rule, id });
    if (rule.kind === 'drop-frame') this.#hasLostFrames = true;
  }
}
