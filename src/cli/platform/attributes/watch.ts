import type { Attributes } from '../../../domain/attributes.ts';
import type { Conversation } from '../../../domain/conversation.ts';
import type { ConversationId, ParticipantId } from '../../../domain/ids.ts';
import { sleep, systemClock } from '../../../lib/clock.ts';
import { plainForTerminal } from '../../../lib/terminal-text.ts';
import type { CliIo } from '../../terminal/io.ts';
import { withPlatform, type Session } from '../session.ts';
import { openEventStream, type SeenAttributes } from './event-stream.ts';
import { conversationOf, type TargetFlags } from './target.ts';

/** How often the conversation is read for its end while events tell the rest, in milliseconds. */
const LOOK_EVERY_MS = 15_000;

export interface WatchFlags extends TargetFlags {
  /** How often it is read where events cannot be had, in milliseconds. */
  readonly every: number;
}

/** Prints a line for each change until the conversation ends or the user stops. */
export async function watchAttributes(
  id: string | undefined,
  flags: WatchFlags,
  io: CliIo,
): Promise<void> {
  await withPlatform(flags, io, async (session) => {
    const conversationId = conversationOf(id, session);
    const shown = new Shown(flags, io);
    const woken = new Wakening();
    await using events = await openEventStream(conversationId, session, {
      signal: io.signal,
      onAttributes: (seen) => shown.merge(seen),
      onLook: () => woken.wake(),
    });
    if (events === undefined) {
      const seconds = flags.every / 1000;
      io.err(`Events cannot be had: the conversation is read every ${seconds} s instead.\n`);
    }
    await readUntilEnded(conversationId, session, {
      signal: io.signal,
      shown,
      pause: (signal) => woken.rest(events === undefined ? flags.every : LOOK_EVERY_MS, signal),
    });
  });
}

interface Reading {
  readonly signal: AbortSignal;
  readonly shown: Shown;
  readonly pause: (signal: AbortSignal) => Promise<void>;
}

async function readUntilEnded(
  id: ConversationId,
  { client, call }: Session,
  { signal, shown, pause }: Reading,
): Promise<void> {
  while (!signal.aborted) {
    const { events } = shown;
    const conversation = await client.conversations.get(id, call);
    const hasEnded = conversation.endedAt !== undefined;
    // What an event told meanwhile may be newer than this read.
    if (hasEnded || shown.events === events) shown.replace(conversation);
    if (hasEnded) return;
    await pause(signal);
  }
}

/** A pause that an event may end. */
class Wakening {
  #next = Promise.withResolvers<void>();

  wake(): void {
    this.#next.resolve();
  }

  async rest(ms: number, signal: AbortSignal): Promise<void> {
    const rested = new AbortController();
    const either = AbortSignal.any([signal, rested.signal]);
    await Promise.race([this.#next.promise, sleep(systemClock, ms, either).catch(() => undefined)]);
    rested.abort();
    this.#next = Promise.withResolvers();
  }
}

interface Change {
  readonly at: string;
  readonly participantId: string;
  readonly key: string;
  readonly before: string | null;
  readonly now: string | null;
}

/** What was printed last of each participant; prints what differs from it. */
class Shown {
  readonly #flags: WatchFlags;
  readonly #io: CliIo;
  #events = 0;
  readonly #held = new Map<ParticipantId, Attributes>();

  constructor(flags: WatchFlags, io: CliIo) {
    this.#flags = flags;
    this.#io = io;
  }

  /** How many events have been taken. */
  get events(): number {
    return this.#events;
  }

  /** An event tells what a participant holds, and nothing of the keys that it lacks. */
  merge({ participantId, attributes, at }: SeenAttributes): void {
    this.#events += 1;
    const merged = new Map([...(this.#held.get(participantId) ?? []), ...attributes]);
    this.#show(participantId, merged, at);
  }

  /** A read tells all. */
  replace({ participants }: Conversation): void {
    const at = systemClock.wallMs();
    for (const { id, attributes } of participants) this.#show(id, attributes, at);
  }

  #show(participantId: ParticipantId, now: Attributes, atMs: number): void {
    const { participant: only, json } = this.#flags;
    if (only !== undefined && !only.includes(participantId)) return;
    const before = this.#held.get(participantId) ?? new Map<string, string>();
    this.#held.set(participantId, now);
    const at = new Date(atMs).toISOString();
    for (const key of new Set([...before.keys(), ...now.keys()])) {
      const [was, is] = [before.get(key) ?? null, now.get(key) ?? null];
      if (was === is) continue;
      const change = { at, participantId, key, before: was, now: is };
      this.#io.out(json === true ? `${JSON.stringify(change)}\n` : `${changeText(change)}\n`);
    }
  }
}

const changeText = ({ at, participantId, key, before, now }: Change): string =>
  plainForTerminal(`${at}  ${participantId}  ${key}: ${valueText(before)} → ${valueText(now)}`);

const valueText = (value: string | null): string =>
  value === null ? '(absent)' : value === '' ? '(empty)' : value;
