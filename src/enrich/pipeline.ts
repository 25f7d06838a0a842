import type { Conversation, Participant } from '../domain/conversation.ts';
import type { TraceId } from '../domain/ids.ts';
import type { RequestBody } from '../domain/request.ts';
import type { Clock } from '../lib/clock.ts';
import { checkMapped, type Checked } from './flow/check-flow.ts';
import { diffAttributes } from './mapping/diff.ts';
import type { Enrichment } from './enrichment.ts';
import { schemaOf, type FlowSource } from './flow/flow-source.ts';
import { identifyForSources } from './customer/identify-sources.ts';
import { lookUpAll, type SourceAnswers } from './look-up-all.ts';
import type { Lookups } from '../lookup/lookups.ts';
import { mapAttributes } from './mapping/map.ts';
import type { ToE164 } from './customer/phone.ts';
import type { EnrichPlan } from './plan.ts';
import { resolveCustomer } from './customer/resolve.ts';
import { conclude, concludeNobody } from './conclude.ts';
import { validateAttributes, type Candidate } from './mapping/validate.ts';

export interface EnrichInput {
  readonly conversation: Conversation;
  /** What came with the request; an explicit participant or purpose wins over the resolver's table. */
  readonly request: Pick<
    RequestBody,
    'participantId' | 'purpose' | 'externalId' | 'phone' | 'email'
  >;
  readonly traceId: TraceId;
  readonly signal: AbortSignal;
}

export interface EnrichDeps {
  readonly plan: EnrichPlan;
  readonly lookup: Lookups['lookup'];
  /** Whether a source asks by the customer's key; one that asks by conversation needs none. */
  readonly asksByKey?: ((source: string) => boolean) | undefined;
  readonly flow?: FlowSource | undefined;
  /** Called when a phone number is to be read; remembers what it loaded. */
  readonly loadPhones: () => Promise<ToE164>;
  readonly clock: Clock;
}

/**
 * The first half of a turn: whose conversation is this, what is known about them, what should their
 * attributes be. It asks the sources and the flow, and writes nothing.
 *
 * It rejects only with the signal's reason: a source or a flow that fails is part of the answer.
 */
export async function enrich(input: EnrichInput, deps: EnrichDeps): Promise<Enrichment> {
  const { plan, clock } = deps;
  const timed = createStages(clock);

  const resolution = timed.now('resolve', () => resolveCustomer(input.conversation, input.request));
  if (resolution.kind === 'none') {
    return concludeNobody(input.conversation, resolution, timed.stages);
  }
  const { participant } = resolution;

  const identifications = await timed(
    'identify',
    identifyForSources({ ...input, participant }, plan, deps.loadPhones),
  );
  const [answers, flow] = await timed(
    'lookup',
    Promise.all([lookUpAll(input, identifications, deps), deps.flow?.read(input.signal)]),
  );
  const mapped = await timed(
    'map',
    mapAttributes(plan.attributes, { answers, variables: variablesOf(input, participant, clock) }),
  );

  return timed.now('validate', () => {
    const checked = checkMapped(mapped, schemaOf(flow), plan.flow);
    const candidates = [...statusCandidate(plan, answers), ...checked.flatMap(toCandidate)];
    const validated = validateAttributes(candidates, plan.limits);
    const plain = validated.kept.filter((candidate) => candidate.class !== 'secret');
    const wanted = new Map(plain.map(({ key, text }) => [key, text]));
    return conclude({
      conversation: input.conversation,
      resolution,
      identifications,
      asksByKey: deps.asksByKey,
      answers,
      flow,
      checked,
      validated,
      patch: diffAttributes(wanted, participant.attributes),
      plan,
      stages: timed.stages,
    });
  });
}

/** What expressions see beside the sources. `$now` is the clock's, so that a turn can be repeated. */
function variablesOf(
  input: EnrichInput,
  participant: Participant,
  clock: Clock,
): Readonly<Record<string, unknown>> {
  const { conversation } = input;
  const wallMs = clock.wallMs();
  return {
    conversation: { id: conversation.id, startedAt: conversation.startedAt },
    participant: { id: participant.id, purpose: participant.purpose },
    attributes: Object.fromEntries(participant.attributes),
    now: () => new Date(wallMs).toISOString(),
    millis: () => wallMs,
  };
}

function toCandidate({ text, mapped: { plan } }: Checked): readonly Candidate[] {
  const { key, options } = plan;
  return text === undefined
    ? []
    : [{ key, text, class: options.class, required: options.required }];
}

/** The optional key that tells a flow how the lookup went; the first key to stay, since others depend on it. */
function statusCandidate(plan: EnrichPlan, answers: SourceAnswers): readonly Candidate[] {
  if (plan.statusKey === undefined) return [];
  return [{ key: plan.statusKey, text: statusOf(answers), class: 'public', required: true }];
}

function statusOf(answers: SourceAnswers): 'found' | 'stale' | 'not-found' | 'failed' {
  const all = [...answers.values()];
  if (all.some(({ answer }) => answer === 'failed')) return 'failed';
  if (all.some((item) => item.answer === 'found' && item.from === 'stale-cache')) return 'stale';
  return all.some(({ answer }) => answer === 'found') ? 'found' : 'not-found';
}

interface Stages {
  <T>(stage: string, work: Promise<T>): Promise<T>;
  now<T>(stage: string, work: () => T): T;
  readonly stages: Readonly<Record<string, number>>;
}

function createStages(clock: Clock): Stages {
  const stages: Record<string, number> = {};
  const since = (stage: string, startMs: number): void => {
    stages[stage] = clock.monotonicMs() - startMs;
  };
  const timed = async <T>(stage: string, work: Promise<T>): Promise<T> => {
    const startMs = clock.monotonicMs();
    const result = await work;
    since(stage, startMs);
    return result;
  };
  const now = <T>(stage: string, work: () => T): T => {
    const startMs = clock.monotonicMs();
    const result = work();
    since(stage, startMs);
    return result;
  };
  return Object.assign(timed, { now, stages });
}
