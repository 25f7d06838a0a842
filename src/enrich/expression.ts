import jsonata from 'jsonata';
import { messageOf } from '../domain/errors.ts';
import { invalidExpression } from './errors.ts';
import { inspectSyntax } from './expression-syntax.ts';

/** A JSONata expression, compiled once and evaluated for every conversation. */
export interface Expression {
  readonly text: string;
  /** Members of the input that the expression reads at its top: the sources it depends on. */
  readonly roots: ReadonlySet<string>;
  /** Whether it reads the input as a whole, and so depends on every source. */
  readonly readsWhole: boolean;
  evaluate(input: unknown, variables: Variables): Promise<Evaluated>;
}

/** Values an expression sees as `$name`. */
export type Variables = Readonly<Record<string, unknown>>;

export type Evaluated =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export interface ExpressionLimits {
  /** Longest run of one evaluation, in milliseconds. */
  readonly timeoutMs: number;
  /** Deepest nesting of calls. */
  readonly stackDepth: number;
  /** Longest list that an expression may make. */
  readonly sequenceLength: number;
}

export const EXPRESSION_LIMITS: ExpressionLimits = {
  timeoutMs: 100,
  stackDepth: 200,
  sequenceLength: 10_000,
};

/** Longest expression, in characters: more than that is a program, and belongs into the source. */
const MAX_EXPRESSION_LENGTH = 4000;

/**
 * Compiles an expression under limits of time, depth and length, without which an expression could
 * hang or end the process.
 *
 * @throws {RapportError} `ERR_EXPRESSION_INVALID`
 */
export function compileExpression(
  text: string,
  limits: ExpressionLimits = EXPRESSION_LIMITS,
): Expression {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    throw invalidExpression(text, `is longer than ${MAX_EXPRESSION_LENGTH} characters`);
  }
  const compiled = compile(text, limits);
  const { roots, readsWhole, refusal } = inspectSyntax(compiled.ast());
  if (refusal !== undefined) throw invalidExpression(text, refusal.problem, refusal.position);
  return {
    text,
    roots,
    readsWhole,
    async evaluate(input, variables) {
      try {
        return { kind: 'value', value: await compiled.evaluate(input, { ...variables }) };
      } catch (error) {
        return { kind: 'failed', code: codeOf(error), message: safeMessage(error) };
      }
    },
  };
}

function compile(text: string, limits: ExpressionLimits): jsonata.Expression {
  try {
    return jsonata(text, {
      timeout: limits.timeoutMs,
      stack: limits.stackDepth,
      sequence: limits.sequenceLength,
    });
  } catch (error) {
    throw invalidExpression(text, messageOf(error), positionOf(error));
  }
}

function codeOf(error: unknown): string {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'failed';
}

/** JSONata puts values into its messages; its codes are documented, so the code is enough for a log. */
function safeMessage(error: unknown): string {
  const code = codeOf(error);
  if (code === 'D1012') return 'ran longer than its time limit';
  if (code === 'D1011') return 'called itself too deeply';
  if (code === 'D2014' || code === 'D2015') return 'made a list longer than its limit';
  return `could not be evaluated (JSONata error ${code})`;
}

function positionOf(error: unknown): number | undefined {
  const position =
    typeof error === 'object' && error !== null && 'position' in error ? error.position : undefined;
  return typeof position === 'number' ? position : undefined;
}
