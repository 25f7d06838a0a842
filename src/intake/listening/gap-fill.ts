/**
 * Finds the conversations of an interval in which events may have been missed, and has those
 * enriched that are still live and were not taken.
 *
 * The platform replays nothing, and its analytics lag behind by seconds to minutes. So each gap is
 * asked about several times, later each time; a conversation found twice has one dedupe key. Gaps
 * that follow one another closely are joined. A gap is not given up: a failed look is repeated with
 * backoff until it succeeds or the filler is disposed.
 */
import { isRapportError, levelOf, messageOf } from '../../domain/errors.ts';
import { parseConversationId, parseParticipantId } from '../../domain/ids.ts';
import { backoffMs } from '../../lib/backoff.ts';
import { sleep, type Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Gap } from '../channel/ports.ts';
import type { EventInlet } from '../create-intake.ts';
import type { RequestDraft, Sighting } from '../intake.ts';

/** Longest interval that the details query takes, in milliseconds. Source: API reference, checked 2026-11-20. */
export const MAX_INTERVAL_MS: number = 7 * 24 * 3_600_000;
/** Events that were on their way when the gap began belong to it; in milliseconds. */
const MARGIN_MS = 10_000;
/** When each look is made, in milliseconds after the first. */
const LOOKS_MS: readonly number[] = [0, 30_000, 150_000];
/** Shortest time between the first looks at two gaps. */
const JOIN_MS = 10_000;
const BACKOFF = { baseMs: 1000, maxMs: 60_000 } as const;

/** A conversation as the platform's analytics know it. */
export interface FoundConversation {
  readonly conversationId: string;
  readonly endedAt: number | undefined;
  readonly participants: readonly { readonly participantId: string; readonly purpose: string }[];
}

export interface GapFillOptions {
  /** Finds the conversations of an interval (epoch milliseconds) that are on what is listened to. */
  readonly find: (
    interval: { readonly fromAt: number; readonly toAt: number },
    signal: AbortSignal,
  ) => Promise<readonly FoundConversation[]>;
  readonly inlet: Pick<EventInlet, 'found' | 'accepted'>;
  /** Resolves once the requests are durable, and says of each whether it had been taken before. */
  readonly accept: (
    requests: readonly RequestDraft[],
  ) => Promise<readonly { readonly duplicate: boolean }[]>;
  readonly onReport: (report: GapReport) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** What a gap came to, counted over all looks at it. */
export interface GapReport {
  readonly gap: Gap;
  /** Conversations of the interval. */
  readonly found: number;
  /** Of those, over when they were found. */
  readonly ended: number;
  /** Of those, taken before: no event of theirs that mattered was missed. */
  readonly known: number;
  /** Of those, requested now. */
  readonly requested: number;
  /** Not readable; their ids are in the log. */
  readonly unreadable: number;
  readonly looks: number;
  /** True for the last look: nothing more is expected of this interval. */
  readonly isComplete: boolean;
  /** The gap was longer than can be asked for, and its beginning was left out. */
  readonly isCut: boolean;
}

type Verdict = 'ended' | 'known' | 'requested' | 'unreadable';

export class GapFiller implements AsyncDisposable {
  readonly #options: GapFillOptions;
  readonly #stop = new AbortController();
  readonly #fills = new Map<Promise<void>, Gap>();
  #waiting: Gap | undefined;
  #isStarting = false;
  #starting: Promise<void> | undefined;
  #lastStartMs = Number.NEGATIVE_INFINITY;
  /** Looks are made one at a time, so that gaps do not crowd the rate budget. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: GapFillOptions) {
    this.#options = options;
  }

  /** Notes a gap and begins to fill it. */
  add(gap: Gap): void {
    if (this.#stop.signal.aborted) return;
    this.#waiting = this.#waiting === undefined ? gap : join(this.#waiting, gap);
    if (!this.#isStarting) this.#starting = this.#startWaiting();
  }

  /** How many gaps are being filled or wait to be. */
  get open(): number {
    return this.#fills.size + (this.#waiting === undefined ? 0 : 1);
  }

  /** The earliest instant of them (epoch milliseconds): whatever came before was taken in. */
  get openSinceMs(): number | undefined {
    const gaps = [...this.#fills.values(), ...(this.#waiting === undefined ? [] : [this.#waiting])];
    return gaps.length === 0 ? undefined : Math.min(...gaps.map(({ fromMs }) => fromMs));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('gap filling was stopped'));
    await this.#starting;
    await Promise.all(this.#fills.keys());
  }

  /** A flapping socket makes a gap a second: those of `JOIN_MS` are filled as one. */
  async #startWaiting(): Promise<void> {
    const { clock } = this.#options;
    this.#isStarting = true;
    const waitMs = Math.max(0, this.#lastStartMs + JOIN_MS - clock.monotonicMs());
    if (waitMs > 0) await sleep(clock, waitMs, this.#stop.signal).catch(() => undefined);
    this.#isStarting = false;
    const gap = this.#waiting;
    if (gap === undefined || this.#stop.signal.aborted) return;
    this.#waiting = undefined;
    this.#lastStartMs = clock.monotonicMs();
    const fill: Promise<void> = this.#fill(gap)
      .catch((error: unknown) => this.#noteEnd(gap, error))
      .finally(() => this.#fills.delete(fill));
    this.#fills.set(fill, gap);
  }

  #noteEnd(gap: Gap, error: unknown): void {
    const { log } = this.#options;
    // Nothing is lost: whoever listens next asks for it again.
    if (this.#stop.signal.aborted) log.info('gap.left-open', { ...gap });
    else log.error('gap.failed', { ...gap, message: messageOf(error) });
  }

  async #fill(gap: Gap): Promise<void> {
    const { clock, onReport, log } = this.#options;
    const { signal } = this.#stop;
    const verdicts = new Map<string, Verdict>();
    const startedMs = clock.monotonicMs();
    for (const [index, atMs] of LOOKS_MS.entries()) {
      await sleep(clock, Math.max(0, startedMs + atMs - clock.monotonicMs()), signal);
      const isCut = await this.#lookUntilDone(gap, verdicts);
      const report: GapReport = {
        gap,
        found: verdicts.size,
        ...countsOf(verdicts),
        looks: index + 1,
        isComplete: index + 1 === LOOKS_MS.length,
        isCut,
      };
      const { gap: _, ...found } = report;
      log.info(report.isComplete ? 'gap.filled' : 'gap.looked', { ...gap, ...found });
      onReport(report);
    }
  }

  async #lookUntilDone(gap: Gap, verdicts: Map<string, Verdict>): Promise<boolean> {
    const { clock, random, log } = this.#options;
    const { signal } = this.#stop;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#inTurn(() => this.#look(gap, verdicts));
      } catch (error) {
        signal.throwIfAborted();
        const retryInMs = backoffMs(attempt, BACKOFF, random);
        // A permission that is missing will not come by waiting a second; it is said, and waited for.
        const nextStep = isRapportError(error) ? error.nextStep : undefined;
        const level = levelOf(error, 'warn');
        log[level]('gap.look-failed', { attempt, retryInMs, message: messageOf(error), nextStep });
        await sleep(clock, retryInMs, signal);
      }
    }
  }

  #inTurn<T>(look: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(look);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #look(gap: Gap, verdicts: Map<string, Verdict>): Promise<boolean> {
    const toAt = Math.min(gap.toMs + MARGIN_MS, Math.max(gap.toMs, this.#options.clock.wallMs()));
    const fromAt = Math.max(gap.fromMs - MARGIN_MS, toAt - MAX_INTERVAL_MS);
    const found = await this.#options.find({ fromAt, toAt }, this.#stop.signal);
    const drafts: RequestDraft[] = [];
    for (const conversation of found) {
      if (verdicts.get(conversation.conversationId) === 'requested') continue;
      const draft = this.#judge(conversation);
      if (typeof draft === 'string') verdicts.set(conversation.conversationId, draft);
      else drafts.push(draft);
    }
    const receipts = drafts.length === 0 ? [] : await this.#options.accept(drafts);
    this.#options.inlet.accepted(drafts);
    for (const [index, draft] of drafts.entries()) {
      const isDuplicate = receipts[index]?.duplicate === true;
      verdicts.set(draft.conversationId, isDuplicate ? 'known' : 'requested');
    }
    return gap.fromMs - MARGIN_MS < toAt - MAX_INTERVAL_MS;
  }

  #judge(conversation: FoundConversation): RequestDraft | Verdict {
    if (conversation.endedAt !== undefined) return 'ended';
    try {
      return this.#options.inlet.found(toSighting(conversation), 'backfill') ?? 'known';
    } catch (error) {
      this.#options.log.warn('gap.unreadable', { message: messageOf(error) });
      return 'unreadable';
    }
  }
}

function toSighting(conversation: FoundConversation): Sighting {
  const { participants } = conversation;
  const customer =
    participants.find(({ purpose }) => purpose === 'customer') ??
    participants.find(({ purpose }) => purpose === 'external');
  return {
    conversationId: parseConversationId(conversation.conversationId),
    customerId: customer && parseParticipantId(customer.participantId),
    queueId: undefined,
    userId: undefined,
    body: { reason: 'found after a gap' },
  };
}

function join(one: Gap, other: Gap): Gap {
  return {
    fromMs: Math.min(one.fromMs, other.fromMs),
    toMs: Math.max(one.toMs, other.toMs),
    reason: one.reason === other.reason ? one.reason : `${one.reason}; ${other.reason}`,
  };
}

function countsOf(verdicts: ReadonlyMap<string, Verdict>): Record<Verdict, number> {
  const counts = { ended: 0, known: 0, requested: 0, unreadable: 0 };
  for (const verdict of verdicts.values()) counts[verdict] += 1;
  return counts;
}
