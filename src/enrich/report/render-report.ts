import type { SourceVerdict } from '../../domain/outcome.ts';
import type { EnrichmentReport, KeyFinding, KeyReport } from './report.ts';
import { quoteForTerminal } from '../../lib/terminal-text.ts';
import { textTable } from '../../lib/text-table.ts';

/** Longest value shown in a cell, in characters; the patch below the table has it whole. */
const MAX_CELL_LENGTH = 40;

/**
 * The report for people: who, by which key, what each source said, every key with what is wanted,
 * present and declared, and what would be sent. Text from outside is quoted, so that nothing in it
 * can move a terminal's cursor.
 */
export function renderReport(report: EnrichmentReport): string {
  return [
    ...headOf(report),
    ...(report.keys.length === 0 ? [] : ['', tableOf(report.keys)]),
    ...notesOf(report.keys),
    '',
    ...payloadOf(report),
    ...(report.warnings.length === 0 ? [] : ['', 'Warnings']),
    ...report.warnings.map((warning) => `  ${plain(warning)}`),
  ].join('\n');
}

function headOf(report: EnrichmentReport): readonly string[] {
  const { participant, key, flow } = report;
  const result = [report.result, report.reason, report.message].filter(
    (part) => part !== undefined,
  );
  const who =
    participant.id === undefined
      ? `nobody (${participant.rule}): ${participant.reason}`
      : `${participant.id}, ${participant.purpose ?? 'unknown'} (${participant.rule}): ${participant.reason}`;
  return [
    `Conversation ${plain(report.conversationId)}`,
    `Result       ${plain(result.join(', '))}`,
    `Participant  ${plain(who)}`,
    ...(key.tried.length === 0 ? [] : [`Key          ${keyLine(report.key)}`]),
    ...Object.entries(report.sourceKeys).map(
      ([source, found]) => `Key          ${plain(source)}: ${keyLine(found)}`,
    ),
    ...report.sources.map((source) => `Source       ${sourceLine(source)}`),
    ...(flow === undefined ? [] : [`Flow         ${plain(flowLine(flow))}`]),
  ];
}

function keyLine(key: KeyFinding): string {
  const tried = key.tried
    .filter(({ outcome }) => outcome !== 'used')
    .map(
      ({ keyKind, outcome, detail }) =>
        `${keyKind} ${outcome}${detail === undefined ? '' : ` (${detail})`}`,
    );
  const before = tried.length === 0 ? '' : `; tried before: ${tried.join(', ')}`;
  const found =
    key.value === undefined ? 'none' : `${key.kind ?? ''} ${quoteForTerminal(key.value)}`;
  return `${found}${plain(before)}`;
}

function sourceLine(verdict: SourceVerdict): string {
  const { source, answer, from, keyKind, durationMs, ageMs, reason } = verdict;
  const by = keyKind === undefined ? '' : ` by ${plain(keyKind)}`;
  const age = ageMs === undefined || ageMs === 0 ? '' : `, ${ageText(ageMs)} old`;
  const origin = from === 'none' ? '' : ` from ${from}${age}`;
  return `${source}: ${answer}${by}${origin} in ${Math.round(durationMs)} ms${reason === undefined ? '' : ` (${reason})`}`;
}

function flowLine({
  id,
  name,
  version,
  from,
  ageMs,
  problem,
}: NonNullable<EnrichmentReport['flow']>): string {
  const what = `${name ?? id}${version === undefined ? '' : `, version ${version}`}`;
  if (from === 'none') return `${what}: ${problem ?? 'unknown'}`;
  const age = ageMs === undefined || ageMs === 0 ? '' : `, ${ageText(ageMs)} old`;
  return `${what}, from ${from}${age}${problem === undefined ? '' : `; ${problem}`}`;
}

function ageText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

const TITLES = ['key', 'wanted', 'present', 'declared', 'actual', 'status', 'action'] as const;

function tableOf(rows: readonly KeyReport[]): string {
  return textTable(
    TITLES.map((title) => ({ title })),
    rows.map((row) => [
      plain(row.key),
      cell(row.wanted),
      cell(row.present),
      plain(row.declaredType),
      row.actualType,
      row.status,
      row.action,
    ]),
  );
}

function cell(value: string | undefined): string {
  if (value === undefined) return '-';
  const short = value.length > MAX_CELL_LENGTH ? `${value.slice(0, MAX_CELL_LENGTH - 1)}…` : value;
  return quoteForTerminal(short);
}

/** Where a key came from, and why it is not as it should be. */
function notesOf(rows: readonly KeyReport[]): readonly string[] {
  const notes = rows.flatMap(({ key, from, by, reason }) => {
    const parts = [
      ...(from === undefined ? [] : [`${from}${by === 'default' ? ', by default' : ''}`]),
      ...(reason === undefined ? [] : [reason]),
    ];
    return parts.length === 0 ? [] : [`  ${plain(key)}: ${plain(parts.join(' → '))}`];
  });
  return notes.length === 0 ? [] : ['', 'Reasons', ...notes];
}

function payloadOf({
  patch,
  secure,
  payloadHash,
  payloadBytes,
}: EnrichmentReport): readonly string[] {
  const secureKeys = Object.keys(secure);
  return [
    payloadHash === undefined
      ? 'Nothing to send'
      : `Would send   ${quoteless(JSON.stringify({ attributes: patch }))}`,
    ...(payloadHash === undefined
      ? []
      : [`SHA-256      ${payloadHash} (RFC 8785), ${payloadBytes} bytes`]),
    ...(secureKeys.length === 0
      ? []
      : [`Secure       ${plain(secureKeys.join(', '))} to the secure attributes`]),
  ];
}

/** Text from outside, as it stands, without its outer quotes. */
const plain = (text: string): string =>
  quoteForTerminal(text).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\');

/** JSON text has its own quotes; only what a terminal acts on is escaped. */
const quoteless = (json: string): string => plain(json);
