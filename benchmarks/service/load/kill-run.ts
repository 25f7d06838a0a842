import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../kit/free-port.ts';
import { now } from '../../kit/instant.ts';
import type { Contender, Running } from '../contenders/contender.ts';
import { insist, type Insistent } from './insistent-trigger.ts';
import { drained, startStage, type Stage } from '../stage.ts';

export interface KillOrder {
  /** Triggers per second. */
  readonly rate: number;
  readonly seconds: number;
  readonly kills: number;
  readonly platformMs: number;
  readonly crmMs: number;
  /** From 0 up to 1; draws the moments. */
  readonly random: () => number;
}

export interface KillReport {
  readonly triggers: number;
  readonly acknowledged: number;
  readonly failedAttempts: number;
  /** Per kill: acknowledged by then, and not yet written. */
  readonly underWay: readonly number[];
  /** Per kill: from the signal to the next service's listening, in milliseconds. */
  readonly awayMs: readonly number[];
  /** Acknowledged and never written. */
  readonly lost: number;
  /** Written more than once, counted where the writes arrive. */
  readonly writtenTwice: number;
}

/**
 * Triggers at a steady rate without a pause, ends the service by `kill -9` at moments of nobody's
 * choosing and starts it again on the same files, and counts at the platform what came of it.
 */
export async function killRun(contender: Contender, order: KillOrder): Promise<KillReport> {
  const { rate, seconds, kills, platformMs, crmMs, random } = order;
  const conversations = rate * seconds;
  await using stage = await startStage({ conversations, platformMs, crmMs });
  const life = new Life(contender, stage, await freePort());
  await life.begin();
  try {
    const { conversationIds } = stage.world;
    const triggers = insist(life.url, conversationIds, rate);
    const underWay: number[] = [];
    const awayMs: number[] = [];
    for (let kill = 0; kill < kills; kill += 1) {
      // One in each part of the run, anywhere in its middle.
      await wait((seconds / kills) * 1000 * (0.25 + random() / 2));
      underWay.push(await life.cutShort(triggers));
      awayMs.push(await life.restart());
    }
    await triggers.done;
    await drained(stage);
    return { ...(await verdict(stage, triggers)), triggers: conversations, underWay, awayMs };
  } finally {
    await life.finish();
  }
}

/** One service after another on the same port and files. */
class Life {
  readonly #contender: Contender;
  readonly #stage: Stage;
  readonly #port: number;
  #running: Running | undefined;
  #killedAt = 0;

  constructor(contender: Contender, stage: Stage, port: number) {
    this.#contender = contender;
    this.#stage = stage;
    this.#port = port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async begin(): Promise<void> {
    this.#running = await this.#contender.start({ ...this.#stage, port: this.#port });
  }

  /** `kill -9`; tells what was acknowledged and not written when it fell. */
  async cutShort({ acknowledged }: Insistent): Promise<number> {
    this.#killedAt = now();
    await this.#running?.end('SIGKILL');
    const { conversations } = await this.#stage.host.ask('sightings', undefined);
    return conversations.filter(
      ({ conversationId, writes }) => writes === 0 && acknowledged.has(conversationId),
    ).length;
  }

  /** Tells how long the service was away, in milliseconds. */
  async restart(): Promise<number> {
    await this.begin();
    return now() - this.#killedAt;
  }

  async finish(): Promise<void> {
    await this.#running?.end('SIGTERM');
  }
}

async function verdict(
  { host }: Stage,
  { acknowledged, failedAttempts }: Insistent,
): Promise<Pick<KillReport, 'acknowledged' | 'failedAttempts' | 'lost' | 'writtenTwice'>> {
  const { conversations } = await host.ask('sightings', undefined);
  const taken = conversations.filter(({ conversationId }) => acknowledged.has(conversationId));
  return {
    acknowledged: taken.length,
    failedAttempts: failedAttempts(),
    lost: taken.filter(({ writes }) => writes === 0).length,
    writtenTwice: conversations.filter(({ writes }) => writes > 1).length,
  };
}
