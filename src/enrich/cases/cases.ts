import type { Conversation } from '../../domain/conversation.ts';
import { parseTraceId } from '../../domain/ids.ts';
import { parseConversation } from '../../domain/parse-conversation.ts';
import type { Clock } from '../../lib/clock.ts';
import { nearMiss } from '../../lib/near-miss.ts';
import type { LookupAnswer } from '../../lookup/lookup.ts';
import type { CaseOptions } from './case-options.ts';
import type { Enrichment } from '../enrichment.ts';
import type { FlowSchema } from '../flow/flow-schema.ts';
import type { FlowAnswer } from '../flow/flow-source.ts';
import type { ToE164 } from '../customer/phone.ts';
import { enrich } from '../pipeline.ts';
import type { EnrichPlan } from '../plan.ts';
import { quoteForTerminal } from '../../lib/terminal-text.ts';

export interface CaseResult {
  readonly name: string;
  readonly isPassed: boolean;
  readonly differences: readonly CaseDifference[];
}

export interface CaseDifference {
  readonly key: string;
  /** What differs: the text that is written, or the verdict. */
  readonly of: 'value' | 'status';
  /** null: the key should not be written, or has no verdict. */
  readonly expected: string | null;
  readonly actual: string | null;
  /** Why it came out so, where the report knows. */
  readonly reason: string | undefined;
}

export interface CaseDeps {
  readonly plan: EnrichPlan;
  /** The flow for the cases that give none. */
  readonly flow?: FlowSchema | undefined;
  readonly loadPhones: () => Promise<ToE164>;
  readonly clock: Clock;
}

/**
 * Runs the cases that are written beside a mapping. Nothing is asked and nothing is sent: the case
 * says what the sources answer and what the flow declares. Without a flow, types are the mapping's own.
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
  { given, flow }: CaseOptions,
  { plan, flow: common, loadPhones, clock }: CaseDeps,
): Promise<Enrichment> {
  const schema = flow ?? common;
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
      flow: schema && { read: () => Promise.resolve(givenAnswer(schema)) },
    },
  );
}

const givenAnswer = (schema: FlowSchema): FlowAnswer => ({
  kind: 'schema',
  schema,
  from: 'given',
  ageMs: 0,
});

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
  { expect, status, exact }: CaseOptions,
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
  const verdicts = new Map(report.keys.map((row) => [row.key, row.status]));
  const differ = (
    of: CaseDifference['of'],
    wanted: Iterable<readonly [string, string | null]>,
    found: ReadonlyMap<string, string>,
  ): readonly CaseDifference[] =>
    [...wanted].flatMap(([key, text]) => {
      const got = found.get(key) ?? null;
      const reason = reasons.get(key) ?? unknownKey(key, known);
      return got === text ? [] : [{ key, of, expected: text, actual: got, reason }];
    });
  return [
    ...differ('value', expected, actual),
    ...differ('status', Object.entries(status), verdicts),
  ];
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
    `${results.length} ${results.length === 1 ? 'case' : 'cases'}, ${results.length - failed} passed, ${failed} failed`,
  ].join('\n');
}

function differenceLines(difference: CaseDifference): readonly string[] {
  const { key, of, expected, actual, reason } = difference;
  const text = of === 'status' ? statusText : valueText;
  return [
    `       ${quoteForTerminal(key).slice(1, -1)}`,
    `         - ${text(expected)}`,
    `         + ${text(actual)}${reason === undefined ? '' : `  (${reason})`}`,
  ];
}

const statusText = (status: string | null): string => `status ${status ?? 'none'}`;

const valueText = (value: string | null): string =>
  value === null ? '(not written)' : quoteForTerminal(value);
