import type { AttributeTarget } from '../domain/attribute-entry.ts';
import type { AttributeClass, Attributes } from '../domain/attributes.ts';
import type { Participant } from '../domain/conversation.ts';
import type { OutcomeResult } from '../domain/outcome.ts';
import type { EnrichmentReport } from './report/report.ts';

/** What should be written, and why. Nothing has been written yet. */
export interface Enrichment {
  readonly result: OutcomeResult;
  /** An error code, or a word such as `no-customer`, when the result is not a good one. */
  readonly reason: string | undefined;
  readonly message: string | undefined;
  /** Whether the same turn may find more later, with nothing changed: a source failed for now. */
  readonly retryable: boolean;
  readonly participant: Participant | undefined;
  /** The changed keys: what is sent to the participant's attributes. */
  readonly patch: Attributes;
  /** Keys of class `secret`: what is sent to the conversation's secure attributes instead. */
  readonly secure: Attributes;
  /** Every key that the customer should have, changed or not. */
  readonly planned: readonly PlannedKey[];
  readonly report: EnrichmentReport;
  /** Duration of each stage, in milliseconds. */
  readonly stages: Readonly<Record<string, number>>;
}

/** One key that the customer should have. */
export interface PlannedKey {
  readonly key: string;
  readonly text: string;
  readonly class: AttributeClass;
  readonly target: AttributeTarget;
  /** Whether it is removed when the customer leaves. */
  readonly wipe: boolean;
  /** Whether it differs from what the participant holds. Of secure attributes that is not known. */
  readonly isChanged: boolean;
}
