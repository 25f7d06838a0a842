import { hash } from 'node:crypto';
import { NO_ATTRIBUTES, toAttributeRecord, type Attributes } from '../domain/attributes.ts';
import type { Conversation } from '../domain/conversation.ts';
import type { OutcomeResult, SourceVerdict } from '../domain/outcome.ts';
import { canonicalJson } from '../lib/canonical-json.ts';
import type { Checked } from './flow/check-flow.ts';
import type { Enrichment, PlannedKey } from './enrichment.ts';
import type { FlowAnswer } from './flow/flow-source.ts';
import type { Identification } from './customer/identify.ts';
import { keyFor, type Identifications } from './customer/identify-sources.ts';
import type { SourceAnswers } from './look-up-all.ts';
import { toSourceVerdict } from '../lookup/lookup.ts';
import type { EnrichPlan } from './plan.ts';
import type { EnrichmentReport, FlowReport, KeyFinding, KeyReport } from './report/report.ts';
import type { Resolution } from './customer/resolve.ts';
import { rowsOf } from './report/report-rows.ts';
import type { Validated } from './mapping/validate.ts';

export interface Findings {
  readonly conversation: Conversation;
  readonly resolution: Resolution & { readonly kind: 'customer' };
  readonly identifications: Identifications;
  readonly asksByKey?: ((source: string) => boolean) | undefined;
  readonly answers: SourceAnswers;
  readonly flow: FlowAnswer | undefined;
  readonly checked: readonly Checked[];
  readonly validated: Validated;
  readonly patch: Attributes;
  readonly plan: EnrichPlan;
  readonly stages: Readonly<Record<string, number>>;
}

/** Longest value that a bot flow reads, in characters. Source: platform help, Set Participant Data, 2026-11. */
const BOT_VALUE_LENGTH = 256;

/** Puts the findings together: what is to be written, how the turn went so far, and the report. */
export function conclude(findings: Findings): Enrichment {
  const rows = rowsOf(findings);
  const verdict = verdictOf(findings, rows);
  // A mismatch that must fail writes nothing at all; a failed source still leaves what others gave.
  const isRefused = verdict.reason === FLOW_MISMATCH;
  const planned = isRefused ? [] : plannedOf(findings);
  const patch = isRefused ? NO_ATTRIBUTES : findings.patch;
  const secure = new Map(
    planned.filter(({ target }) => target === 'secure').map(({ key, text }) => [key, text]),
  );
  return {
    ...verdict,
    retryable: [...findings.answers.values()].some(
      (answer) => answer.answer === 'failed' && answer.failure.retryable,
    ),
    participant: findings.resolution.participant,
    patch,
    secure,
    planned,
    report: reportOf(findings, { rows, verdict, patch, secure }),
    stages: findings.stages,
  };
}

/** The answer when nobody is the customer: nothing is looked up, and nothing is to be written. */
export function concludeNobody(
  conversation: Conversation,
  resolution: Resolution & { readonly kind: 'none' },
  stages: Readonly<Record<string, number>>,
): Enrichment {
  const verdict = {
    result: 'skipped',
    reason: resolution.rule,
    message: resolution.reason,
  } as const;
  return {
    ...verdict,
    retryable: false,
    participant: undefined,
    patch: NO_ATTRIBUTES,
    secure: NO_ATTRIBUTES,
    planned: [],
    report: {
      conversationId: conversation.id,
      ...verdict,
      participant: {
        id: undefined,
        purpose: undefined,
        rule: resolution.rule,
        reason: resolution.reason,
      },
      key: { kind: undefined, value: undefined, tried: [] },
      sourceKeys: {},
      sources: [],
      flow: undefined,
      keys: [],
      patch: {},
      secure: {},
      payloadHash: undefined,
      payloadBytes: 0,
      warnings: [],
    },
    stages,
  };
}

const FLOW_MISMATCH = 'ERR_FLOW_MISMATCH';

interface Verdict {
  readonly result: OutcomeResult;
  readonly reason: string | undefined;
  readonly message: string | undefined;
}

/** How it went, by what the sources said; what is to be written does not change it. */
function verdictOf(findings: Findings, rows: readonly KeyReport[]): Verdict {
  const { conversation, answers, plan } = findings;
  const wrong = rows.find(({ status }) => status === 'MISMATCH');
  if (plan.flow?.onMismatch === 'fail' && wrong !== undefined) {
    const message = `attribute ${wrong.key} of conversation ${conversation.id}: ${wrong.reason ?? 'mismatch'}`;
    return { result: 'failed', reason: FLOW_MISMATCH, message };
  }
  const all = [...answers.values()];
  if (plan.sources.length === 0 || all.some(({ answer }) => answer === 'found')) {
    const isWritten = findings.patch.size > 0 || hasSecret(findings);
    return { result: isWritten ? 'enriched' : 'unchanged', reason: undefined, message: undefined };
  }
  const failed = all.find((answer) => answer.answer === 'failed');
  if (failed !== undefined) {
    return { result: 'failed', reason: failed.failure.code, message: failed.failure.message };
  }
  return all.length === 0
    ? {
        result: 'not-found',
        reason: 'no-key',
        message: 'nothing in the conversation tells who the customer is',
      }
    : { result: 'not-found', reason: 'not-found', message: 'no source knows the customer' };
}

const hasSecret = ({ validated }: Findings): boolean =>
  validated.kept.some((candidate) => candidate.class === 'secret');

function plannedOf({ validated, patch, plan }: Findings): readonly PlannedKey[] {
  const wiped = new Set(
    plan.attributes.filter(({ options }) => options.wipeAtEnd).map(({ key }) => key),
  );
  return validated.kept.map((candidate) => {
    const target = candidate.class === 'secret' ? 'secure' : 'attributes';
    return {
      key: candidate.key,
      text: candidate.text,
      class: candidate.class,
      target,
      wipe: wiped.has(candidate.key),
      isChanged: target === 'secure' || patch.has(candidate.key),
    };
  });
}

interface ReportParts {
  readonly rows: readonly KeyReport[];
  readonly verdict: Verdict;
  readonly patch: Attributes;
  readonly secure: Attributes;
}

function reportOf(
  findings: Findings,
  { rows, verdict, patch, secure }: ReportParts,
): EnrichmentReport {
  const { resolution, identifications, flow, conversation } = findings;
  const { participant, rule, reason } = resolution;
  const record = toAttributeRecord(patch);
  return {
    conversationId: conversation.id,
    ...verdict,
    participant: { id: participant.id, purpose: participant.purpose, rule, reason },
    key: toFinding(identifications.customer),
    sourceKeys: Object.fromEntries(
      [...identifications.bySource].map(([source, found]) => [source, toFinding(found)]),
    ),
    sources: findings.plan.sources.map((source) => verdictOfSource(source, findings)),
    flow: flow === undefined ? undefined : toFlowReport(flow),
    keys: rows,
    patch: record,
    secure: toAttributeRecord(secure),
    payloadHash: patch.size === 0 ? undefined : hashPatch(patch),
    payloadBytes: patch.size === 0 ? 0 : Buffer.byteLength(JSON.stringify({ attributes: record })),
    warnings: warningsOf(findings, rows),
  };
}

/** SHA-256 of a patch in RFC 8785 form, hex: the same keys and values have the same hash, in any order. */
export function hashPatch(patch: Attributes): string {
  return hash('sha256', canonicalJson(toAttributeRecord(patch)), 'hex');
}

const toFinding = ({ keyKind, key, tried }: Identification): KeyFinding => ({
  kind: keyKind,
  value: key,
  tried,
});

function verdictOfSource(
  source: string,
  { answers, identifications, asksByKey = () => true }: Findings,
): SourceVerdict {
  const answer = answers.get(source);
  if (answer === undefined) {
    return { source, answer: 'skipped', from: 'none', durationMs: 0, reason: 'no-key' };
  }
  const verdict = toSourceVerdict(answer);
  return asksByKey(source)
    ? { ...verdict, keyKind: keyFor(source, identifications).keyKind }
    : verdict;
}

function toFlowReport(flow: FlowAnswer): FlowReport {
  if (flow.kind === 'unavailable') {
    return {
      id: flow.flowId,
      name: undefined,
      version: undefined,
      from: 'none',
      ageMs: undefined,
      problem: flow.problem,
    };
  }
  const { schema, from, ageMs, problem } = flow;
  return { id: schema.flowId, name: schema.name, version: schema.version, from, ageMs, problem };
}

function warningsOf({ flow, answers }: Findings, rows: readonly KeyReport[]): readonly string[] {
  const warnings = rows.flatMap(({ key, wanted, status, isRequired }) => {
    if (status === 'MISSING' && isRequired) return [`${key} is required and missing`];
    return wanted !== undefined && wanted.length > BOT_VALUE_LENGTH
      ? [`${key} is ${wanted.length} characters long; bot flows read ${BOT_VALUE_LENGTH}`]
      : [];
  });
  for (const answer of answers.values()) {
    if (answer.answer === 'found' && answer.from === 'stale-cache') {
      warnings.push(
        `${answer.source} failed (${answer.failure?.code ?? 'unknown'}); a value ${answer.ageMs} ms old serves`,
      );
    }
  }
  if (flow?.problem !== undefined) warnings.push(flow.problem);
  return warnings;
}
