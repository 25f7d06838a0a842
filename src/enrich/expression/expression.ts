import jsonata from 'jsonata';
import { messageOf } from '../../domain/errors.ts';
import { invalidExpression } from '../errors.ts';
import { METERED_FUNCTIONS } from './builtins.ts';
import { followNames, namesOf } from './follow-names.ts';
import { MeterError } from './meter.ts';
import { inspectSyntax } from './syntax.ts';
import { meterTree } from './tree.ts';
import { MeteredRun } from './metered-run.ts';

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

/** Longest expression, in characters: more than that is a program, and belongs into the source. */
const MAX_EXPRESSION_LENGTH = 4000;

/** Longest list that following names may give. */
const SEQUENCE_LENGTH = 10_000;

/**
 * Compiles an expression under limits of steps, depth and size, without which an expression could
 * hang or end the process.
 *
 * @throws {RapportError} `ERR_EXPRESSION_INVALID`
 */
export function compileExpression(text: string): Expression {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    throw invalidExpression(text, `is longer than ${MAX_EXPRESSION_LENGTH} characters`);
  }
  const compiled = compile(text, { sequence: SEQUENCE_LENGTH });
  const { roots, readsWhole, isPlain, refusal } = inspectSyntax(compiled.ast());
  const names = namesOf(compiled.ast());
  if (refusal !== undefined) throw invalidExpression(text, refusal.problem, refusal.position);
  const runnable = isPlain ? compiled : new MeteredRun((limits) => compileMetered(text, limits));
  return {
    text,
    roots,
    readsWhole,
    async evaluate(input, variables) {
      const followed = names && followNames(input, names);
      if (followed !== undefined) return { kind: 'value', value: followed.value };
      try {
        return {
          kind: 'value',
          value: await runnable.evaluate(input, isPlain ? NONE : variables),
        };
      } catch (error) {
        return { kind: 'failed', code: codeOf(error), message: safeMessage(error) };
      }
    },
  };
}

const NONE = {};

/** More than following names: each function behind its meter, and the walking operators too. */
function compileMetered(text: string, limits: jsonata.JsonataOptions): jsonata.Expression {
  const compiled = compile(text, limits);
  meterTree(compiled.ast());
  for (const [name, builtin] of METERED_FUNCTIONS) compiled.assign(name, builtin);
  return compiled;
}

function compile(text: string, limits: jsonata.JsonataOptions): jsonata.Expression {
  try {
    return jsonata(text, limits);
  } catch (error) {
    throw invalidExpression(text, syntaxMessage(error), positionOf(error));
  }
}

/** Text nested too deeply overflows the parser's stack, which is an error of the text like any other. */
function syntaxMessage(error: unknown): string {
  if (error instanceof RangeError) return 'is nested too deeply';
  // JSONata throws plain objects, and no errors.
  const isPlain = typeof error === 'object' && error !== null && 'message' in error;
  return isPlain ? String(error.message) : messageOf(error);
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
  if (error instanceof MeterError) return error.message;
  if (error instanceof RangeError) return 'made more data than an expression may';
  return `could not be evaluated (JSONata error ${code})`;
}

function positionOf(error: unknown): number | undefined {
  const position =
    typeof error === 'object' && error !== null && 'position' in error ? error.position : undefined;
  return typeof position === 'number' ? position : undefined;
}
