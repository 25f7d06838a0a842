import { actualType, canonicalize, type Canonical } from './canonical.ts';
import type { Expression, Variables } from '../expression/expression.ts';
import type { LookupAnswer } from '../../lookup/lookup.ts';
import type { AttributeOptions } from '../options.ts';

/** One attribute of the mapping, compiled. */
export interface AttributePlan {
  readonly key: string;
  readonly options: AttributeOptions;
  readonly expression: Expression;
  /** The sources that the expression reads. */
  readonly sources: readonly string[];
}

/** What the mapping gave for one key. */
export interface Mapped {
  readonly plan: AttributePlan;
  readonly outcome: MappedOutcome;
  /** The type of what the expression gave, as it came from the source. */
  readonly actualType: string;
}

export type MappedOutcome =
  | { readonly kind: 'text'; readonly text: string; readonly by: 'expression' | 'default' }
  | { readonly kind: 'nothing'; readonly why: NothingReason }
  | { readonly kind: 'mismatch'; readonly actual: string; readonly hint: string }
  | { readonly kind: 'expression-failed'; readonly message: string };

/** Why a key is not written: the four are different for whoever reads the report. */
export type NothingReason = 'absent' | 'not-found' | 'source-failed' | 'no-key';

export interface MapInput {
  /** One answer for each source that was asked. A source that was not asked had no key to be asked by. */
  readonly answers: ReadonlyMap<string, LookupAnswer>;
  readonly variables: Variables;
}

/**
 * Evaluates every attribute of the mapping, in its order.
 *
 * A field that is absent takes its default. For a customer whom no source knows, defaults are
 * written only where the mapping says so. When a source failed, nothing is written, not even a
 * default, since a default could overwrite the truth.
 */
export async function mapAttributes(
  plans: readonly AttributePlan[],
  input: MapInput,
): Promise<readonly Mapped[]> {
  const data = dataOf(input.answers);
  const mapped: Mapped[] = [];
  for (const plan of plans) mapped.push(await mapAttribute(plan, data, input));
  return mapped;
}

async function mapAttribute(plan: AttributePlan, data: unknown, input: MapInput): Promise<Mapped> {
  const why = whyNothing(plan, input.answers);
  if (why === 'source-failed')
    return { plan, outcome: { kind: 'nothing', why }, actualType: 'absent' };
  if (why !== undefined) {
    const outcome =
      plan.options.onNotFound === 'default'
        ? defaultOf(plan, why)
        : ({ kind: 'nothing', why } as const);
    return { plan, outcome, actualType: 'absent' };
  }
  const result = await plan.expression.evaluate(data, input.variables);
  if (result.kind === 'failed') {
    return {
      plan,
      outcome: { kind: 'expression-failed', message: result.message },
      actualType: 'unknown',
    };
  }
  const outcome = isAbsent(result.value)
    ? defaultOf(plan, 'absent')
    : toOutcome(canonicalize(result.value, plan.options), 'expression');
  return { plan, outcome, actualType: actualType(result.value) };
}

/** With several sources, a failed one weighs more than one that does not know the customer. */
function whyNothing(
  plan: AttributePlan,
  answers: ReadonlyMap<string, LookupAnswer>,
): NothingReason | undefined {
  const found = plan.sources.map((source) => answers.get(source)?.answer ?? 'no-key');
  if (found.includes('failed')) return 'source-failed';
  if (found.includes('not-found')) return 'not-found';
  return found.includes('no-key') ? 'no-key' : undefined;
}

function defaultOf(plan: AttributePlan, why: NothingReason): MappedOutcome {
  const value = plan.options.default;
  return value === undefined
    ? { kind: 'nothing', why }
    : toOutcome(canonicalize(value, plan.options), 'default');
}

function toOutcome(canonical: Canonical, by: 'expression' | 'default'): MappedOutcome {
  return canonical.kind === 'text' ? { kind: 'text', text: canonical.text, by } : canonical;
}

/** CRMs write an empty field as null or as empty text; either way there is nothing to tell. */
function isAbsent(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
  );
}

function dataOf(answers: ReadonlyMap<string, LookupAnswer>): Readonly<Record<string, unknown>> {
  const found: [string, unknown][] = [];
  for (const [source, answer] of answers) {
    if (answer.answer === 'found') found.push([source, answer.value]);
  }
  return Object.fromEntries(found);
}
