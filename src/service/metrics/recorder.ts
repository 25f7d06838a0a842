import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { Progress } from '../../engine/progress.ts';
import type { RequestEvent } from '../../genesys/request-meter.ts';
import type { GapReport } from '../../intake/listening/gap-fill.ts';
import { MetricRegistry, type Sample } from './registry.ts';

/** Counts what happens in the service. */
export class MetricRecorder {
  readonly #registry = new MetricRegistry();

  progress(progress: Progress): void {
    const { platformRequests, proofRequests, answered, retrying, changed, at } = progress;
    if (platformRequests > 0) this.#spent('write', platformRequests);
    if (proofRequests > 0) this.#spent('proof', proofRequests);
    for (const entry of changed) this.#keyState(entry);
    if (retrying !== undefined) this.#registry.add('rapport_enrichment_retries_total', [retrying]);
    if (answered === undefined) return;
    const { result, stages } = answered.outcome;
    this.#registry.add('rapport_enrichments_total', [result]);
    this.#registry.observe('rapport_platform_requests_per_enrichment', platformRequests);
    const tookMs = Math.max(0, at - answered.receivedAt);
    this.#registry.observe('rapport_request_to_settled_seconds', tookMs / 1000);
    for (const [stage, ms] of Object.entries(stages)) {
      this.#registry.observe('rapport_stage_seconds', ms / 1000, [stage]);
    }
  }

  platformRequest({ operation, status, durationMs, waitedMs, lane }: RequestEvent): void {
    this.#registry.add('rapport_genesys_requests_total', [operation, String(status ?? 0)]);
    this.#registry.observe('rapport_genesys_request_seconds', durationMs / 1000, [operation]);
    this.#registry.observe('rapport_budget_wait_seconds', waitedMs / 1000, [lane]);
  }

  /** Counts what the last look added to the report of the same gap before. */
  gapLooked(report: GapReport, before: GapReport | undefined): void {
    for (const verdict of ['ended', 'known', 'requested', 'unreadable'] as const) {
      const more = report[verdict] - (before?.[verdict] ?? 0);
      if (more > 0) this.#registry.add('rapport_gap_conversations_total', [verdict], more);
    }
    if (report.isComplete) this.#registry.add('rapport_gaps_total');
  }

  httpAnswered(operation: string, status: number, ms: number | undefined): void {
    this.#registry.add('rapport_http_requests_total', [operation, String(status)]);
    if (ms !== undefined) {
      this.#registry.observe('rapport_http_request_seconds', ms / 1000, [operation]);
    }
  }

  render(present: readonly Sample[]): { readonly text: string; readonly mediaType: string } {
    return this.#registry.render(present);
  }

  #spent(purpose: 'write' | 'proof', count: number): void {
    this.#registry.add('rapport_platform_requests_total', [purpose], count);
  }

  #keyState({ state, sentAt, provedAt }: AttributeEntry): void {
    this.#registry.add('rapport_key_states_total', [state]);
    if (state !== 'visible' || sentAt === undefined || provedAt === undefined) return;
    this.#registry.observe('rapport_key_visible_seconds', Math.max(0, provedAt - sentAt) / 1000);
  }
}
