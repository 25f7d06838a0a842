import { RapportError } from '../../domain/errors.ts';
import { matchesOperation, parseOperationPattern } from '../operation-pattern.ts';
import { defaultErrorOf } from './default-errors.ts';
import {
  isFrameRule,
  parseFaultRule,
  type FaultRule,
  type FrameRule,
  type RequestRule,
} from './fault-rule.ts';
import { drawLatencyMs } from './latency.ts';
import type { FramePlan, RequestOutcome, RequestPlan, SocketPlan } from './plans.ts';
import { randomAt } from './seeded-random.ts';
import { matchesTopic } from './topic-pattern.ts';

/** A request about to be handled. */
export interface RequestSubject {
  /** Method and path template: `GET /api/v2/conversations/{conversationId}`. */
  readonly operation: string;
  readonly conversationId?: string | undefined;
}

/** A frame about to be sent on one channel. */
export interface FrameSubject {
  readonly topic: string;
  readonly channelId: string;
  readonly conversationId?: string | undefined;
}

/** A rule with what became of it so far. */
export interface RuleReport {
  readonly rule: FaultRule;
  /** Requests or frames that fitted it. */
  readonly matched: number;
  /** Those that it hit. */
  readonly fired: number;
}

/**
 * Faults by rule. Rules are asked in the order in which they were added. Delays add up; the first
 * rule that decides how a request ends is the last one asked about that. Whether a rule hits its
 * n-th match depends on seed, id and n alone, so a run with the same calls has the same faults
 * whatever other rules there are.
 */
export interface Chaos {
  /** @throws {RapportError} `ERR_FAULT_RULE`, or `ERR_FAULT_RULE_EXISTS` for an id already taken */
  add(rule: unknown): FaultRule;
  list(): readonly RuleReport[];
  /** False when there is no such rule. */
  remove(id: string): boolean;
  /** Removes every rule and starts counting anew; `seed` replaces the present one. */
  reset(seed?: string): void;
  decide(subject: RequestSubject): RequestPlan;
  decideFrame(subject: FrameSubject): FramePlan;
}

export function createChaos(initialSeed: string): Chaos {
  let seed = initialSeed;
  let added = 0;
  const rules = new Map<string, ActiveRule>();

  return {
    add(input) {
      const rule = parseFaultRule(input, `fault-${added + 1}`);
      if (rules.has(rule.id)) throw ruleExists(rule.id);
      added += 1;
      rules.set(rule.id, new ActiveRule(rule));
      return rule;
    },
    list: () => [...rules.values()].map((active) => active.report()),
    remove: (id) => rules.delete(id),
    reset(newSeed) {
      seed = newSeed ?? seed;
      added = 0;
      rules.clear();
    },
    decide: (subject) => (rules.size === 0 ? UNDISTURBED : planRequest(rules, subject, seed)),
    decideFrame: (subject) => (rules.size === 0 ? DELIVERED : planFrame(rules, subject, seed)),
  };
}

const UNDISTURBED: RequestPlan = {
  delayMs: 0,
  revokesToken: false,
  outcome: { kind: 'serve' },
  rules: [],
};
const DELIVERED: FramePlan = {
  deliveries: [0],
  hold: undefined,
  socket: { kind: 'keep' },
  rules: [],
};

function ruleExists(id: string): RapportError {
  return new RapportError({
    code: 'ERR_FAULT_RULE_EXISTS',
    message: `there is a fault rule "${id}" already`,
    nextStep: 'Remove it first, or give the new rule another id.',
  });
}

/** A rule and its counts. */
class ActiveRule {
  readonly rule: FaultRule;
  readonly #fits: (operation: string) => boolean;
  #matched = 0;
  #fired = 0;

  constructor(rule: FaultRule) {
    this.rule = rule;
    const operation = isFrameRule(rule) ? undefined : rule.operation;
    const pattern = operation === undefined ? undefined : parseOperationPattern(operation);
    this.#fits = (actual) => pattern === undefined || matchesOperation(pattern, actual);
  }

  report(): RuleReport {
    return { rule: this.rule, matched: this.#matched, fired: this.#fired };
  }

  fitsRequest({ operation, conversationId }: RequestSubject): boolean {
    return isWanted(this.rule.conversationId, conversationId) && this.#fits(operation);
  }

  fitsFrame(rule: FrameRule, subject: FrameSubject): boolean {
    return (
      isWanted(rule.conversationId, subject.conversationId) &&
      isWanted(rule.channelId, subject.channelId) &&
      (rule.topic === undefined || matchesTopic(rule.topic, subject.topic))
    );
  }

  /** Counts a match and says whether it is hit; if so, gives the hit's own random numbers. */
  hit(seed: string): (() => number) | undefined {
    const { id, skip = 0, times, probability = 1 } = this.rule;
    const nth = this.#matched++;
    if (nth < skip || (times !== undefined && this.#fired >= times)) return undefined;
    let draws = 0;
    const random = (): number => randomAt(seed, `${id}/${nth}`, draws++);
    if (probability < 1 && random() >= probability) return undefined;
    this.#fired += 1;
    return random;
  }
}

const isWanted = (wanted: string | undefined, actual: string | undefined): boolean =>
  wanted === undefined || wanted === actual;

function planRequest(
  rules: ReadonlyMap<string, ActiveRule>,
  subject: RequestSubject,
  seed: string,
): RequestPlan {
  let delayMs = 0;
  let revokesToken = false;
  let outcome: RequestOutcome | undefined;
  const fired: string[] = [];
  for (const active of rules.values()) {
    const { rule } = active;
    if (isFrameRule(rule) || !active.fitsRequest(subject)) continue;
    const decides = rule.kind !== 'latency' && rule.kind !== 'revoke-token';
    if (decides && outcome !== undefined) continue;
    const random = active.hit(seed);
    if (random === undefined) continue;
    fired.push(rule.id);
    if (rule.kind === 'latency') delayMs += drawLatencyMs(rule.latency, random);
    else if (rule.kind === 'revoke-token') revokesToken = true;
    else outcome = outcomeOf(rule);
  }
  return { delayMs, revokesToken, outcome: outcome ?? { kind: 'serve' }, rules: fired };
}

function outcomeOf(
  rule: Extract<RequestRule, { kind: 'status' | 'reset' | 'silence' }>,
): RequestOutcome {
  if (rule.kind !== 'status') return { kind: rule.kind, commits: rule.commits };
  const { status, commits, retryAfterSeconds } = rule;
  const declared = defaultErrorOf(status);
  const { code = declared.code, message = declared.message } = rule;
  return { kind: 'status', status, code, message, retryAfterSeconds, commits };
}

function planFrame(
  rules: ReadonlyMap<string, ActiveRule>,
  subject: FrameSubject,
  seed: string,
): FramePlan {
  let deliveries: readonly number[] = [0];
  let hold: FramePlan['hold'];
  let socket: SocketPlan = { kind: 'keep' };
  const fired: string[] = [];
  for (const active of rules.values()) {
    const { rule } = active;
    if (!isFrameRule(rule) || !active.fitsFrame(rule, subject)) continue;
    const random = active.hit(seed);
    if (random === undefined) continue;
    fired.push(rule.id);
    deliveries = deliveriesUnder(rule, deliveries, random);
    if (rule.kind === 'reorder-frame') hold = { behind: rule.behind, waitMs: rule.waitMs };
    if (rule.kind === 'cut-socket') socket = { kind: 'cut' };
    if (rule.kind === 'mute-socket' && socket.kind === 'keep') {
      socket = { kind: 'mute', forMs: rule.forMs };
    }
  }
  return { deliveries, hold, socket, rules: fired };
}

/** What becomes of the planned deliveries when `rule` hits the frame. */
function deliveriesUnder(
  rule: FrameRule,
  deliveries: readonly number[],
  random: () => number,
): readonly number[] {
  switch (rule.kind) {
    case 'drop-frame':
    case 'cut-socket':
    case 'mute-socket':
      return [];
    case 'delay-frame': {
      const byMs = drawLatencyMs(rule.latency, random);
      return deliveries.map((atMs) => atMs + byMs);
    }
    case 'duplicate-frame':
      return deliveries.flatMap((firstMs) => copiesFrom(firstMs, rule, random));
    case 'reorder-frame':
      return deliveries;
  }
}

function copiesFrom(
  firstMs: number,
  rule: Extract<FrameRule, { kind: 'duplicate-frame' }>,
  random: () => number,
): number[] {
  const copies = [firstMs];
  for (let atMs = firstMs; copies.length < rule.copies; copies.push(atMs)) {
    atMs += drawLatencyMs(rule.spacing, random);
  }
  return copies;
}
