import { canonicalize } from '../mapping/canonical.ts';
import type { FlowInput, FlowSchema } from './flow-schema.ts';
import type { Mapped } from '../mapping/map.ts';
import type { FlowOptions } from '../options.ts';
import type { KeyStatus } from '../report/report.ts';

/** A mapped key after it was held against what is declared. */
export interface Checked {
  readonly mapped: Mapped;
  /** The text to write; undefined when there is none. */
  readonly text: string | undefined;
  readonly status: KeyStatus;
  readonly declaredType: string;
  readonly isRequired: boolean;
  readonly reason: string | undefined;
}

/** A key that the flow declares and the mapping does not have. */
export interface Undelivered {
  readonly key: string;
  readonly declaredType: string;
  readonly isRequired: boolean;
}

/**
 * Holds every mapped key against its own type and, where the flow's inputs are known, against the
 * flow's. A value is coerced to the type that the flow declares: `yes` becomes `true` for a boolean.
 */
export function checkMapped(
  mapped: readonly Mapped[],
  schema: FlowSchema | undefined,
  options: FlowOptions | undefined,
): readonly Checked[] {
  return mapped.map((item) => checkOne(item, schema, options));
}

/** What the flow declares and nobody delivers; the flow would find these absent. */
export function findUndelivered(
  mapped: readonly Mapped[],
  schema: FlowSchema | undefined,
): readonly Undelivered[] {
  if (schema === undefined) return [];
  const known = new Set(mapped.map(({ plan }) => plan.key));
  return [...schema.inputs]
    .filter(([key]) => !known.has(key))
    .map(([key, input]) => ({ key, declaredType: input.declared, isRequired: input.required }));
}

function checkOne(
  mapped: Mapped,
  schema: FlowSchema | undefined,
  options: FlowOptions | undefined,
): Checked {
  const { outcome, plan } = mapped;
  const input = schema?.inputs.get(plan.key);
  const isRequired = plan.options.required || input?.required === true;
  const base = { mapped, isRequired, declaredType: input?.declared ?? plan.options.type };
  switch (outcome.kind) {
    case 'nothing':
      return { ...base, text: undefined, status: 'MISSING', reason: outcome.why };
    case 'expression-failed':
      return { ...base, text: undefined, status: 'DROPPED', reason: outcome.message };
    case 'mismatch': {
      const reason = `expected ${plan.options.type}: ${outcome.hint}; found ${outcome.actual}`;
      return { ...base, text: undefined, status: 'MISMATCH', reason };
    }
    case 'text':
      break;
  }
  if (schema === undefined) return { ...base, text: outcome.text, status: 'OK', reason: undefined };
  return { ...base, ...againstFlow(outcome.text, mapped, { schema, options, input }) };
}

interface AgainstFlow {
  readonly schema: FlowSchema;
  readonly input: FlowInput | undefined;
  readonly options: FlowOptions | undefined;
}

function againstFlow(
  text: string,
  mapped: Mapped,
  { schema, input, options }: AgainstFlow,
): Pick<Checked, 'text' | 'status' | 'reason'> {
  if (input === undefined) {
    const reason = `flow ${schema.flowId} does not declare it`;
    return options?.onUndeclared === 'drop'
      ? { text: undefined, status: 'EXTRA', reason: `${reason}; not written` }
      : { text, status: 'EXTRA', reason };
  }
  const coerced = canonicalize(text, input);
  if (coerced.kind === 'text') return { text: coerced.text, status: 'OK', reason: undefined };
  return {
    text: options?.onMismatch === 'keep' ? text : undefined,
    status: 'MISMATCH',
    reason: `flow ${schema.flowId} declares ${input.declared}: ${coerced.hint}; found ${mapped.actualType}`,
  };
}
