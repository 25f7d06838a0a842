import type { Conversation } from '../domain/conversation.ts';
import { parseTraceId } from '../domain/ids.ts';
import { parseConversation } from '../domain/parse-conversation.ts';
import type { Clock } from '../lib/clock.ts';
import { nearMiss } from '../lib/near-miss.ts';
import type { LookupAnswer } from '../lookup/lookup.ts';
import type { CaseOptions } from './case-options.ts';
import type { Enrichment } from './enrichment.ts';
import type { ToE164 } from './phone.ts';
import { enrich } from './pipeline.ts';
import type { EnrichPlan } from './plan.ts';
import { quoteForTerminal } from './terminal-text.ts';

export interface CaseResult {
  readonly name: string;
  readonly isPassed: boolean;
  readonly differences: readonly CaseDifference[];
}

export interface CaseDifference {
  readonly key: string;
  /** null: the key should not be written. */
  readonly expected: string | null;
  readonly actual: string | null;
  /** Why it came out so, where the report knows. */
  readonly reason: string | undefined;
}

export interface CaseDeps {
  readonly plan: EnrichPlan;
  readonly loadPhones: () => Promise<ToE164>;
  readonly clock: Clock;
}

/**
 * Runs the cases that are written beside a mapping. Nothing is asked and nothing is sent: the case
 * says what the sources answer, and types are the mapping's own, since no flow is read.
 */
export async function runCases(
  cases: readonly CaseOptions[],
  deps: CaseDeps,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const item of cases) {
    const enrichment = await runCase(item, deps);
    const differences = compare(item, enrichment, deps.plan);
    results.push({ name: item.name, isPassed: differences.length === 0, differences });
  }
  return results;
}

function runCase(
  { given }: CaseOptions,
  { plan, loadPhones, clock }: CaseDeps,
): Promise<Enrichment> {
  const { externalId, phone, email } = given;
  return enrich(
    {
      conversation: conversationOf(given),
      request: { externalId, phone, email },
      traceId: parseTraceId('case'),
      signal: new AbortController().signal,
    },
    {
      plan,
      clock,
      loadPhones,
      lookup: ({ source }) => Promise.resolve(answerOf(source, given[source])),
      asksByKey: () => false,
    },
  );
}

/** An inbound call from the phone number that the case gives. */
function conversationOf({ phone, attributes }: CaseOptions['given']): Conversation {
  const self = phone === undefined ? undefined : { addressRaw: `tel:${phone}` };
  const call = { id: 'call', state: 'connected', direction: 'inbound', self };
  const customer = { id: 'customer', purpose: 'customer', attributes, calls: [call] };
  return parseConversation({ id: 'case', participants: [customer] });
}

function answerOf(source: string, given: unknown): LookupAnswer {
  const base = { source, durationMs: 0 };
  if (given === undefined || given === 'not-found') {
    return { ...base, answer: 'not-found', from: 'source', ageMs: 0 };
  }
  if (given === 'failed') {
    const message = `source ${source} fails in this case`;
    const failure = {
      code: 'ERR_SOURCE_UNAVAILABLE',
      message,
      retryable: true,
      nextStep: undefined,
    } as const;
    return { ...base, answer: 'failed', failure };
  }
  return { ...base, answer: 'found', value: given, from: 'source', ageMs: 0 };
}

function compare(
  { expect, exact }: CaseOptions,
  { planned, report }: Enrichment,
  plan: EnrichPlan,
): readonly CaseDifference[] {
  const actual = new Map(planned.map(({ key, text }) => [key, text]));
  const reasons = new Map(report.keys.map(({ key, reason }) => [key, reason]));
  const known = plan.attributes.map(({ key }) => key);
  const expected = new Map(
    Object.entries(expect).map(([key, value]) => [key, value === null ? null : String(value)]),
  );
  if (exact) for (const key of actual.keys()) if (!expected.has(key)) expected.set(key, null);
  return [...expected].flatMap(([key, wanted]) => {
    const got = actual.get(key) ?? null;
    if (got === wanted) return [];
    const reason = reasons.get(key) ?? unknownKey(key, known);
    return [{ key, expected: wanted, actual: got, reason }];
  });
}

function unknownKey(key: string, known: readonly string[]): string | undefined {
  if (known.includes(key)) return undefined;
  const near = nearMiss(key, known);
  return `no mapping gives it${near === undefined ? '' : `; did you mean ${near}?`}`;
}

/** The results for people: one line for each case, and under a failed one what differs. */
export function renderCases(results: readonly CaseResult[]): string {
  const failed = results.filter(({ isPassed }) => !isPassed).length;
  return [
    ...results.flatMap(({ name, isPassed, differences }) => [
      `${isPassed ? 'ok  ' : 'FAIL'} ${quoteForTerminal(name).slice(1, -1)}`,
      ...differences.flatMap(differenceLines),
    ]),
    `${results.length} cases, ${results.length - failed} passed, ${failed} failed`,
  ].join('\n');
}

function differenceLines({ key, expected, actual, reason }: CaseDifference): readonly string[] {
  return [
    `       ${quoteForTerminal(key).slice(1, -1)}`,
    `         - ${valueText(expected)}`,
    `         + ${valueText(actual)}${reason === undefined ? '' : `  (${reason})`}`,
  ];
}

const valueText = (value: string | null): string =>
  value === null ? '(not written)' : quoteForTerminal(value);
