import type { AttributeState, OutcomeResult, OutcomeSummary } from '../domain/outcome.ts';
import type { Progress } from '../engine/progress.ts';
import type { PlannedConversation } from './day.ts';
import { spreadOf, type Spread } from '../lib/percentile.ts';

/** What one conversation of the day has come to so far. */
export interface Score {
  readonly plan: PlannedConversation;
  readonly conversationId: string;
  readonly result: OutcomeResult | undefined;
  readonly reason: string | undefined;
  /** Why the last turn came to nothing and is tried again. */
  readonly retrying: string | undefined;
  readonly states: ReadonlyMap<string, AttributeState>;
  readonly platformRequests: number;
  readonly proofRequests: number;
  /** Milliseconds from the request's acceptance to the platform's 2xx, and to the last key's proof. */
  readonly acceptedMs: number | undefined;
  readonly visibleMs: number | undefined;
}

export interface DaySummary {
  readonly conversations: number;
  readonly enriched: number;
  readonly visible: number;
  readonly notFound: number;
  readonly failed: number;
  readonly asPlanned: number;
  readonly platformRequestsPerEnrichment: number;
  readonly proofRequests: number;
  readonly eventToAcceptedMs: Spread;
  readonly eventToVisibleMs: Spread;
  readonly surprises: readonly string[];
}

const SEEN: ReadonlySet<AttributeState> = new Set(['visible', 'closed']);

/** Keeps the score of the day: which conversation ended how, and what it cost. */
export class Scoreboard {
  readonly #scores = new Map<string, Score>();
  readonly #received = new Map<string, number>();

  begin(conversationId: string, plan: PlannedConversation): void {
    this.#scores.set(conversationId, {
      plan,
      conversationId,
      result: undefined,
      reason: undefined,
      retrying: undefined,
      states: new Map(),
      platformRequests: 0,
      proofRequests: 0,
      acceptedMs: undefined,
      visibleMs: undefined,
    });
  }

  /** Takes what has become durable; undefined for a conversation that is not of this day. */
  take(progress: Progress): { readonly before: Score; readonly now: Score } | undefined {
    const before = this.#scores.get(progress.conversationId);
    if (before === undefined) return undefined;
    const now = scoreAfter(before, progress, this.#receivedAt(progress));
    this.#scores.set(progress.conversationId, now);
    return { before, now };
  }

  get scores(): readonly Score[] {
    return [...this.#scores.values()];
  }

  /** Whether every conversation has come to what the script says. */
  get isComplete(): boolean {
    return this.scores.every(endedAsPlanned);
  }

  summary(): DaySummary {
    const scores = this.scores;
    const enriched = scores.filter((score) => score.result === 'enriched');
    const requests = enriched.reduce((sum, score) => sum + score.platformRequests, 0);
    return {
      conversations: scores.length,
      enriched: enriched.length,
      visible: scores.filter(isVisible).length,
      notFound: scores.filter((score) => score.result === 'not-found').length,
      failed: scores.filter((score) => score.result === 'failed').length,
      asPlanned: scores.filter(endedAsPlanned).length,
      platformRequestsPerEnrichment: enriched.length === 0 ? 0 : requests / enriched.length,
      proofRequests: scores.reduce((sum, score) => sum + score.proofRequests, 0),
      eventToAcceptedMs: spreadOf(scores.flatMap((score) => score.acceptedMs ?? [])),
      eventToVisibleMs: spreadOf(scores.flatMap((score) => score.visibleMs ?? [])),
      surprises: scores.filter((score) => !endedAsPlanned(score)).map(describeSurprise),
    };
  }

  /** The first request's instant: a second turn of the same conversation does not restart the watch. */
  #receivedAt(progress: Progress): number | undefined {
    const first = this.#received.get(progress.conversationId) ?? progress.answered?.receivedAt;
    if (first !== undefined) this.#received.set(progress.conversationId, first);
    return first;
  }
}

export function isVisible(score: Score): boolean {
  return score.states.size > 0 && [...score.states.values()].every((state) => SEEN.has(state));
}

export function endedAsPlanned(score: Score): boolean {
  return score.plan.ending === 'visible'
    ? score.result === 'enriched' && score.visibleMs !== undefined
    : score.result === score.plan.ending;
}

function scoreAfter(before: Score, progress: Progress, receivedAt: number | undefined): Score {
  const { entries, answered } = progress;
  const accepted = entries.flatMap((entry) => entry.acceptedAt ?? []);
  const proved = entries.flatMap((entry) => (SEEN.has(entry.state) ? (entry.provedAt ?? []) : []));
  const isProved = entries.length > 0 && proved.length === entries.length;
  const since = (instants: readonly number[]): number | undefined =>
    instants.length === 0 || receivedAt === undefined
      ? undefined
      : Math.max(...instants) - receivedAt;
  return {
    ...before,
    ...resultAfter(before, answered?.outcome),
    retrying: progress.retrying,
    states: new Map(entries.map((entry) => [entry.key, entry.state])),
    platformRequests: before.platformRequests + progress.platformRequests,
    proofRequests: before.proofRequests + progress.proofRequests,
    acceptedMs: before.acceptedMs ?? since(accepted),
    visibleMs: before.visibleMs ?? (isProved ? since(proved) : undefined),
  };
}

/** A later turn that finds nothing to change does not undo what the first one did. */
function resultAfter(
  before: Score,
  outcome: OutcomeSummary | undefined,
): Pick<Score, 'result' | 'reason'> {
  if (outcome === undefined || (before.result === 'enriched' && outcome.result === 'unchanged'))
    return before;
  return { result: outcome.result, reason: outcome.reason };
}

function describeSurprise(score: Score): string {
  const states = [...score.states].map(([key, state]) => `${key} ${state}`).join(', ');
  const came =
    score.result === undefined
      ? 'nothing'
      : `${score.result}${score.reason === undefined ? '' : ` (${score.reason})`}`;
  return `${score.plan.story} (${score.plan.name}, ${score.conversationId}): planned ${score.plan.ending}, came to ${came}${states === '' ? '' : `; ${states}`}`;
}
