import type { AttributeClass } from '../../domain/attributes.ts';
import type { OutcomeResult, SourceVerdict } from '../../domain/outcome.ts';
import type { TriedKey } from '../customer/identify.ts';

/** How a key stands against the mapping and the flow. */
export type KeyStatus = (typeof KEY_STATUSES)[number];

export const KEY_STATUSES = ['OK', 'MISMATCH', 'MISSING', 'EXTRA', 'DROPPED'] as const;

/** One key, explained. */
export interface KeyReport {
  readonly key: string;
  readonly class: AttributeClass;
  /** The expression it comes from; undefined for a key that only the flow declares. */
  readonly from: string | undefined;
  /** What it would be; undefined when there is nothing to write. */
  readonly wanted: string | undefined;
  /** Whether the expression gave it, or the default. */
  readonly by: 'expression' | 'default' | undefined;
  /** What the participant holds now. */
  readonly present: string | undefined;
  readonly declaredType: string;
  readonly actualType: string;
  readonly isRequired: boolean;
  readonly status: KeyStatus;
  /** What is done: sent, left as it is since it is the same, or nothing. */
  readonly action: 'write' | 'unchanged' | 'none';
  readonly reason: string | undefined;
}

/** Everything there is to say about the first half of a turn. */
export interface EnrichmentReport {
  readonly conversationId: string;
  readonly result: OutcomeResult;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly participant: ParticipantReport;
  readonly key: KeyFinding;
  /** The keys of the sources that are asked by one of their own, by source. */
  readonly sourceKeys: Readonly<Record<string, KeyFinding>>;
  readonly sources: readonly SourceVerdict[];
  readonly flow: FlowReport | undefined;
  readonly keys: readonly KeyReport[];
  /** What would be sent, in order. */
  readonly patch: Readonly<Record<string, string>>;
  /** What would be written to the secure attributes instead. */
  readonly secure: Readonly<Record<string, string>>;
  /** SHA-256 of the patch in RFC 8785 form, hex; undefined when nothing is to be written. */
  readonly payloadHash: string | undefined;
  /** Size of the request's body, in bytes. */
  readonly payloadBytes: number;
  readonly warnings: readonly string[];
}

export interface ParticipantReport {
  readonly id: string | undefined;
  readonly purpose: string | undefined;
  readonly rule: string;
  readonly reason: string;
}

export interface KeyFinding {
  readonly kind: string | undefined;
  readonly value: string | undefined;
  readonly tried: readonly TriedKey[];
}

export interface FlowReport {
  readonly id: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly from: 'platform' | 'cache' | 'last-known' | 'given' | 'none';
  readonly ageMs: number | undefined;
  readonly problem: string | undefined;
}

/** What stands in place of a value that a report must not keep. */
export const MASK = '•••';

/**
 * The report without values: what is kept with an outcome. Keys, types, reasons, sizes and the
 * hash stay, so that it still explains what was done.
 */
export function maskReport(report: EnrichmentReport): EnrichmentReport {
  return {
    ...report,
    key: maskKey(report.key),
    sourceKeys: Object.fromEntries(
      Object.entries(report.sourceKeys).map(([source, key]) => [source, maskKey(key)]),
    ),
    keys: report.keys.map((row) => ({
      ...row,
      wanted: mask(row.wanted),
      present: mask(row.present),
    })),
    patch: maskRecord(report.patch),
    secure: maskRecord(report.secure),
  };
}

const mask = (value: string | undefined): string | undefined =>
  value === undefined ? undefined : MASK;

const maskKey = (key: KeyFinding): KeyFinding => ({ ...key, value: mask(key.value) });

const maskRecord = (record: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.keys(record).map((key) => [key, MASK]));
