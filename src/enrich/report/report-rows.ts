import type { Attributes } from '../../domain/attributes.ts';
import type { Participant } from '../../domain/conversation.ts';
import { findUndelivered, type Checked } from '../flow/check-flow.ts';
import { schemaOf, type FlowAnswer } from '../flow/flow-source.ts';
import type { KeyReport } from './report.ts';
import type { Dropped, Validated } from '../mapping/validate.ts';

export interface RowInput {
  readonly resolution: { readonly participant: Participant };
  readonly flow: FlowAnswer | undefined;
  readonly checked: readonly Checked[];
  readonly validated: Validated;
  readonly patch: Attributes;
  readonly plan: { readonly statusKey: string | undefined };
}

/** One row for every key: the mapping's in its order, the status key, then what only the flow declares. */
export function rowsOf(input: RowInput): readonly KeyReport[] {
  const { participant } = input.resolution;
  const dropped = new Map(input.validated.dropped.map((item) => [item.key, item]));
  const mapped = input.checked.map((checked) => mappedRow(checked, dropped, input));
  const undelivered = findUndelivered(
    input.checked.map((item) => item.mapped),
    schemaOf(input.flow),
  ).map(({ key, declaredType, isRequired }): KeyReport => ({
    key,
    class: 'public',
    from: undefined,
    wanted: undefined,
    by: undefined,
    present: participant.attributes.get(key),
    declaredType,
    actualType: 'absent',
    isRequired,
    status: 'MISSING',
    action: 'none',
    reason: 'the flow declares it and no mapping gives it',
  }));
  return [...mapped, ...statusRow(input), ...undelivered];
}

function mappedRow(
  { mapped, text, status, declaredType, isRequired, reason }: Checked,
  dropped: ReadonlyMap<string, Dropped>,
  { resolution, patch }: RowInput,
): KeyReport {
  const { plan, outcome, actualType } = mapped;
  const refusal = dropped.get(plan.key);
  const isSecret = plan.options.class === 'secret';
  const isWritten = text !== undefined && refusal === undefined;
  return {
    key: plan.key,
    class: plan.options.class,
    from: plan.options.from,
    wanted: outcome.kind === 'text' ? (text ?? outcome.text) : undefined,
    by: outcome.kind === 'text' ? outcome.by : undefined,
    present: resolution.participant.attributes.get(plan.key),
    declaredType,
    actualType,
    isRequired,
    status: refusal === undefined ? status : 'DROPPED',
    action: isWritten ? (isSecret || patch.has(plan.key) ? 'write' : 'unchanged') : 'none',
    reason: refusal === undefined ? reason : `${refusal.reason}: ${refusal.detail}`,
  };
}

function statusRow({ plan, validated, patch, resolution }: RowInput): readonly KeyReport[] {
  const kept = validated.kept.find(({ key }) => key === plan.statusKey);
  if (kept === undefined) return [];
  return [
    {
      key: kept.key,
      class: 'public',
      from: undefined,
      wanted: kept.text,
      by: undefined,
      present: resolution.participant.attributes.get(kept.key),
      declaredType: 'string',
      actualType: 'string',
      isRequired: false,
      status: 'OK',
      action: patch.has(kept.key) ? 'write' : 'unchanged',
      reason: undefined,
    },
  ];
}
