import type { z } from 'zod';
import { attributeOptions, customerOptions, limitOptions } from '../enrich/options.ts';
import { planEnrichment } from '../enrich/plan.ts';
import { keyPreferenceSchema } from '../lookup/options/key-options.ts';
import type { Origins } from './explain.ts';
import { toProblems } from './issues.ts';
import { configJsonSchema } from './json-schema.ts';
import { valueAt, withValueAt, type Path } from './paths.ts';
import type { ConfigProblem } from './problems.ts';
import { configSchema, type RapportConfig } from './schema.ts';

/** A configuration as it was written, before it is checked. */
export interface Draft {
  readonly value: unknown;
  /** What was wrong before it could be checked. */
  readonly problems: readonly ConfigProblem[];
  /** Whether there is nothing to check, since the file could not be parsed. */
  readonly isUnreadable?: boolean | undefined;
  readonly origins: Origins;
  readonly isFromOutside: (path: Path) => boolean;
  /** Where a problem is to be mended: the place in the file, or the variable. */
  readonly locate: (path: Path) => Partial<ConfigProblem>;
}

/** Checks a whole configuration: its form by the schemas, then what forms can't tell. */
export function checkConfig(
  draft: Draft,
): { readonly config: RapportConfig } | { readonly problems: readonly ConfigProblem[] } {
  if (draft.isUnreadable === true) return { problems: draft.problems.toSorted(byPosition) };
  const value = coerceTexts(draft.value ?? {}, draft.isFromOutside);
  const parsed = configSchema.safeParse(value);
  const reported = new Set(draft.problems.map(({ path }) => JSON.stringify(path)));
  const schema = parsed.success ? {} : configJsonSchema();
  const problems = [
    ...(parsed.success
      ? []
      : toProblems(parsed.error.issues, { schema, value, isFromOutside: draft.isFromOutside })),
    ...planProblems(value),
    ...lostNames(value),
  ]
    .filter(({ path }) => !reported.has(JSON.stringify(path)))
    .map((problem) => ({ ...draft.locate(problem.path), ...problem }));
  const all = [...draft.problems, ...problems].toSorted(byPosition);
  if (parsed.success && all.length === 0) return { config: parsed.data };
  return { problems: all };
}

/** Sections whose entries have names of the writer's choosing. */
const NAMED_SECTIONS = [
  'sources',
  'attributes',
  'webhooks',
] as const satisfies (keyof RapportConfig)[];
/** The one name that the schemas leave out without a word. */
const LOST_NAME = '__proto__';

function lostNames(value: unknown): readonly ConfigProblem[] {
  return NAMED_SECTIONS.filter((name) => Object.hasOwn(sectionOf(value, name), LOST_NAME)).map(
    (name) => ({ path: [name, LOST_NAME], expected: 'another name', found: LOST_NAME }),
  );
}

/** From the top of the file to its end; what has no place there keeps its order. */
function byPosition(a: ConfigProblem, b: ConfigProblem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/**
 * Variables are text. Where a number or a truth value is expected and the text is one, it is taken
 * as that; which options these are, the schemas tell.
 */
function coerceTexts(value: unknown, isFromOutside: (path: Path) => boolean): unknown {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return value;
  return parsed.error.issues.reduce((coerced, issue) => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    const text = valueAt(value, path);
    if (issue.code !== 'invalid_type' || typeof text !== 'string' || !isFromOutside(path))
      return coerced;
    if (issue.expected === 'number' || issue.expected === 'int') {
      return /^-?\d+(\.\d+)?$/.test(text) ? withValueAt(coerced, path, Number(text)) : coerced;
    }
    if (issue.expected !== 'boolean' || !/^(true|false)$/.test(text)) return coerced;
    return withValueAt(coerced, path, text === 'true');
  }, value);
}

/**
 * What only the mapping as a whole tells: expressions, keys, defaults. Asked even where other options
 * are wrong, of every attribute whose own form is right.
 */
function planProblems(value: unknown): readonly ConfigProblem[] {
  const attributes = Object.entries(sectionOf(value, 'attributes')).flatMap(([key, options]) => {
    const parsed = attributeOptions.safeParse(options);
    return parsed.success ? [[key, parsed.data] as const] : [];
  });
  const prefix = valueAt(value, ['attributePrefix']);
  const plan = planEnrichment({
    customer: parsedOr(customerOptions, valueAt(value, ['customer'])),
    sources: Object.keys(sectionOf(value, 'sources')),
    sourceKeys: writtenSourceKeys(value),
    attributes: Object.fromEntries(attributes),
    limits: parsedOr(limitOptions, valueAt(value, ['limits'])),
    prefix: typeof prefix === 'string' ? prefix : undefined,
  });
  if (!('problems' in plan)) return [];
  return plan.problems.map(({ path, message }) => ({ path, expected: message }));
}

/** The sources' own preferences whose form is right; the others are a problem of form already. */
function writtenSourceKeys(value: unknown): Readonly<Record<string, readonly string[]>> {
  const names = Object.keys(sectionOf(value, 'sources'));
  return Object.fromEntries(
    names.flatMap((name) => {
      const parsed = keyPreferenceSchema.safeParse(valueAt(value, ['sources', name, 'key']));
      return parsed.success ? [[name, parsed.data]] : [];
    }),
  );
}

function sectionOf(value: unknown, name: string): object {
  const section = valueAt(value, [name]);
  return typeof section === 'object' && section !== null ? section : {};
}

/** The section as it is written, or as it would be without a word, where it is wrong itself. */
function parsedOr<Options>(schema: z.ZodType<Options>, value: unknown): Options {
  const parsed = schema.safeParse(value ?? {});
  return parsed.success ? parsed.data : schema.parse({});
}
