import { createDeadline } from '../../lib/abort.ts';
import { backoffMs } from '../../lib/backoff.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Log } from '../../lib/log.ts';
import { detailBody, type DetailEvent } from '../push/detail-body.ts';
import type { World } from '../world/world.ts';
import { envelopeOf, type DeliveredEvent } from './envelope.ts';
import { DELIVERY_TIMEOUT_MS, RETRY_FOR_MS, type DeliverySettings } from './settings.ts';

/** What became of the events of one address. */
export interface DeliveryReport {
  readonly url: string;
  readonly delivered: number;
  /** Attempts that were not answered with 2xx. */
  readonly refused: number;
  /** Given up after the time for retries. */
  readonly lost: number;
  /** Not delivered yet. */
  readonly pending: number;
}

export interface DeliveryParts {
  readonly world: World;
  readonly log: Log;
  readonly newId: () => string;
}

const ALL = ['v2.detail.events.conversation.{id}.*'] as const;

/** Between attempts, as EventBridge spaces them: from a second to a quarter of an hour (assumed). */
const RETRY = { baseMs: 1000, maxMs: 900_000 } as const;

/** Brings events to addresses: at least once, in no promised order. */
export class Deliveries {
  readonly #parts: DeliveryParts;
  readonly #targets: Target[] = [];

  constructor(parts: DeliveryParts, settings: readonly DeliverySettings[]) {
    this.#parts = parts;
    for (const one of settings) this.add(one);
    parts.world.listen((event) => {
      if (event.kind === 'detail') this.#onDetail(event);
      if (event.kind === 'cleared') for (const target of this.#targets) target.pending = 0;
    });
  }

  add(settings: DeliverySettings): void {
    this.#targets.push({ settings, delivered: 0, refused: 0, lost: 0, pending: 0 });
  }

  /** Stops delivering to anybody. */
  clear(): void {
    this.#targets.length = 0;
  }

  report(): DeliveryReport[] {
    return this.#targets.map(({ settings: { url }, delivered, refused, lost, pending }) => ({
      url,
      delivered,
      refused,
      lost,
      pending,
    }));
  }

  #onDetail(detail: DetailEvent): void {
    const template = `v2.detail.events.conversation.{id}.${detail.detail}`;
    const wanting = this.#targets.filter((target) => wants(target.settings, template));
    if (wanting.length === 0) return;
    const { world, newId } = this.#parts;
    const event: DeliveredEvent = {
      id: newId(),
      topic: template.replace('{id}', detail.conversation.id),
      template,
      correlationId: newId(),
      at: world.now(),
      body: detailBody(world, detail),
    };
    for (const target of wanting) {
      const { duplicates = 0, delayMs = 0 } = target.settings;
      const copies = duplicates > 0 && world.random() < duplicates ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        target.pending += 1;
        const dueMs = typeof delayMs === 'number' ? delayMs : drawn(world, delayMs);
        world.after(dueMs, () => void this.#attempt(target, event, 1));
      }
    }
  }

  async #attempt(target: Target, event: DeliveredEvent, attempt: number): Promise<void> {
    const { world, log } = this.#parts;
    const { settings } = target;
    const { stopped } = world;
    if (await this.#post(settings, event)) {
      target.delivered += 1;
      target.pending -= 1;
      return;
    }
    if (stopped.aborted) return;
    target.refused += 1;
    const waitMs = backoffMs(attempt, RETRY, () => world.random());
    if (world.now() + waitMs - event.at > (settings.retryForMs ?? RETRY_FOR_MS)) {
      target.lost += 1;
      target.pending -= 1;
      log.warn('emulator.delivery-lost', { url: settings.url, topic: event.template, attempt });
      return;
    }
    world.after(waitMs, () => void this.#attempt(target, event, attempt + 1));
  }

  async #post(settings: DeliverySettings, event: DeliveredEvent): Promise<boolean> {
    const { world, log } = this.#parts;
    using deadline = createDeadline(world.clock, DELIVERY_TIMEOUT_MS, world.stopped);
    try {
      const answer = await fetch(settings.url, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/json', ...settings.headers },
        body: JSON.stringify(envelopeOf(world, settings.shape, event)),
        signal: deadline.signal,
      });
      await answer.body?.cancel();
      return answer.ok;
    } catch (error) {
      log.debug('emulator.delivery-failed', { url: settings.url, message: messageOf(error) });
      return false;
    }
  }
}

interface Target {
  readonly settings: DeliverySettings;
  delivered: number;
  refused: number;
  lost: number;
  pending: number;
}

function wants({ topics = ALL }: DeliverySettings, template: string): boolean {
  return topics.some((topic) =>
    topic.endsWith('*') ? template.startsWith(topic.slice(0, -1)) : topic === template,
  );
}

const drawn = (world: World, [min, max]: readonly [number, number]): number =>
  min + world.random() * (max - min);
