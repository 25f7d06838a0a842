import { invalidValue } from '../http/errors.ts';
import { fieldsOf, isFields, kindOf } from '../http/fields.ts';
import type { ConversationState, ParticipantState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { mainLeg } from './state.ts';

/** How participant attributes behave; what the platform leaves open is a setting (see README). */
export interface AttributeSettings {
  /** Time from a write's 202 until it is applied, in milliseconds; a pair is a range drawn from the seed. @defaultValue `100` (assumed) */
  readonly lagMs: number | readonly [min: number, max: number];
  /**
   * `arrival`: writes to one participant are applied in the order in which they were accepted.
   * `any`: each when its own lag is over. @defaultValue `'arrival'` (assumed)
   */
  readonly order: 'arrival' | 'any';
  /** `merge`: keys that are absent from a write survive it. `replace`: they do not. @defaultValue `'merge'` */
  readonly mode: 'merge' | 'replace';
  /**
   * Values that are not strings. `lenient`: scalars become strings, objects and arrays are refused.
   * `strict`: all are refused. `null` is refused in both. @defaultValue `'lenient'` (assumed)
   */
  readonly values: 'lenient' | 'strict';
  /** What becomes of a write that is applied after the end. @defaultValue `'applied'` (assumed) */
  readonly afterEnd: 'applied' | 'ignored';
}

/** Some of the settings; what is absent or `undefined` keeps its present value. */
export type AttributeChange = {
  readonly [K in keyof AttributeSettings]?: AttributeSettings[K] | undefined;
};

export function changeAttributes(
  settings: AttributeSettings,
  change: AttributeChange = {},
): AttributeSettings {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  return { ...settings, ...Object.fromEntries(given) };
}

export const DEFAULT_ATTRIBUTES: AttributeSettings = {
  lagMs: 100,
  order: 'arrival',
  mode: 'merge',
  values: 'lenient',
  afterEnd: 'applied',
};

/** Reads the body of an attributes write. @throws {PlatformError} 400 */
export function parseAttributesBody(
  body: unknown,
  values: AttributeSettings['values'],
): ReadonlyMap<string, string> {
  if (body === undefined) return new Map();
  const given = fieldsOf(body)['attributes'];
  if (given === undefined) return new Map();
  if (!isFields(given))
    throw invalidValue(kindOf(given), 'attributes', 'a map of string to string');
  const attributes = new Map<string, string>();
  for (const [key, value] of Object.entries(given)) attributes.set(key, toText(key, value, values));
  return attributes;
}

function toText(key: string, value: unknown, values: AttributeSettings['values']): string {
  if (typeof value === 'string') return value;
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  if (isScalar && values === 'lenient') return String(value);
  throw invalidValue(kindOf(value), `attributes.${key}`, 'a string');
}

/** Accepts writes and applies each when its lag is over. */
export class AttributeWriter {
  readonly #world: World;
  readonly #settings: () => AttributeSettings;
  /** Per participant, the accepted writes that are still to be applied, oldest first. */
  readonly #pending = new WeakMap<ParticipantState, Pending[]>();

  constructor(world: World, settings: () => AttributeSettings) {
    this.#world = world;
    this.#settings = settings;
  }

  write(
    conversation: ConversationState,
    participant: ParticipantState,
    attributes: ReadonlyMap<string, string>,
  ): void {
    const { lagMs, order } = this.#settings();
    const now = this.#world.clock.monotonicMs();
    const pending = this.#pending.get(participant) ?? [];
    this.#pending.set(participant, pending);
    const ownDueMs = now + this.#draw(lagMs);
    const dueMs = order === 'any' ? ownDueMs : Math.max(ownDueMs, pending.at(-1)?.dueMs ?? 0);
    if (dueMs <= now && pending.length === 0) {
      this.apply(conversation, participant, attributes);
      return;
    }
    const write: Pending = { attributes, dueMs };
    pending.push(write);
    this.#world.after(dueMs - now, () => {
      // Timers that fall due together may fire in any order; in order of arrival the oldest goes first.
      const next = order === 'any' ? write : (pending[0] ?? write);
      pending.splice(pending.indexOf(next), 1);
      this.apply(conversation, participant, next.attributes);
    });
  }

  /** Applies at once, as the platform's own components do. */
  apply(
    conversation: ConversationState,
    participant: ParticipantState,
    attributes: ReadonlyMap<string, string>,
  ): void {
    const { afterEnd, mode } = this.#settings();
    if (conversation.endedAt !== undefined && afterEnd === 'ignored') return;
    const base = mode === 'merge' ? participant.attributes : [];
    participant.attributes = new Map([...base, ...attributes]);
    this.#world.publish({
      kind: 'detail',
      detail: 'attributes',
      conversation,
      participant,
      leg: mainLeg(participant),
      changed: attributes,
    });
    this.#world.publish({ kind: 'conversation', conversation });
  }

  #draw(lagMs: AttributeSettings['lagMs']): number {
    if (typeof lagMs === 'number') return lagMs;
    const [min, max] = lagMs;
    return min + this.#world.random() * (max - min);
  }
}

interface Pending {
  readonly attributes: ReadonlyMap<string, string>;
  /** By the monotonic clock. */
  readonly dueMs: number;
}
