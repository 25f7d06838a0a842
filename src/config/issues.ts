import type { z } from 'zod';
import { nearMiss } from '../lib/near-miss.ts';
import { knownMembers, type JsonSchema } from './json-schema.ts';
import { valueAt, type Path } from './paths.ts';
import { NOTHING, type ConfigProblem } from './problems.ts';
import { isSecretPath } from './secrets.ts';

type Issue = z.core.$ZodIssue;

export interface IssueContext {
  readonly schema: JsonSchema;
  /** What was parsed. */
  readonly value: unknown;
  /** Whether the text at a path came from the environment, and must not be shown. */
  readonly isFromOutside: (path: Path) => boolean;
}

/** What zod found, in the words of a configuration: path, expected, found, and what was meant. */
export function toProblems(
  issues: readonly Issue[],
  context: IssueContext,
): readonly ConfigProblem[] {
  return issues.flatMap((issue) => problemsOf(issue, [], context));
}

function problemsOf(issue: Issue, above: Path, context: IssueContext): readonly ConfigProblem[] {
  const path = [
    ...above,
    ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part)),
  ];
  const value = valueAt(context.value, path);
  const found = describe(value, path, context);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownMember(key, path, context));
    case 'invalid_union': {
      const options =
        'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : undefined;
      if (options !== undefined) return [oneOf(path, options, { value, found })];
      const branch = nearestBranch(issue.errors);
      return branch === undefined
        ? [{ path, expected: 'another form', found }]
        : branch.flatMap((inner) => problemsOf(inner, path, context));
    }
    case 'invalid_value':
      return [oneOf(path, issue.values.map(String), { value, found })];
    case 'invalid_type':
      return [{ path, expected: typeName(issue.expected), found }];
    case 'too_small':
      return [{ path, expected: `${lower(issue)} ${amount(issue.minimum, issue.origin)}`, found }];
    case 'too_big':
      return [{ path, expected: `${upper(issue)} ${amount(issue.maximum, issue.origin)}`, found }];
    case 'invalid_key':
      return issue.issues.map((inner) => ({
        path,
        expected: textOf(inner.message),
        found: 'this name',
      }));
    default: {
      // A rule that looks at several options says itself what it found.
      const [, expected = '', itsOwn = found] = EXPECTED_FOUND.exec(textOf(issue.message)) ?? [];
      return [{ path, expected, found: itsOwn }];
    }
  }
}

/** `…, found …` of a rule's message, without the word that `textOf` takes away. */
const EXPECTED_FOUND = /^(.*?)(?:, found (.*))?$/s;

interface Bound {
  readonly exact?: boolean | undefined;
  readonly inclusive?: boolean | undefined;
}

const lower = ({ exact, inclusive }: Bound): string =>
  exact === true ? 'exactly' : inclusive === false ? 'above' : 'at least';

const upper = ({ exact, inclusive }: Bound): string =>
  exact === true ? 'exactly' : inclusive === false ? 'below' : 'at most';

function unknownMember(key: string, path: Path, { schema, value }: IssueContext): ConfigProblem {
  const known = knownMembers(schema, path, value);
  const suggestion = nearMiss(key, known);
  const expected =
    suggestion === undefined && known.length > 0 ? `one of ${known.join(', ')}` : 'a known option';
  return { path: [...path, key], expected, found: 'an unknown one', suggestion };
}

function oneOf(
  path: Path,
  options: readonly string[],
  { value, found }: { readonly value: unknown; readonly found: string },
): ConfigProblem {
  const suggestion = typeof value === 'string' ? nearMiss(value, options) : undefined;
  return {
    path,
    expected: options.length === 1 ? String(options[0]) : `one of ${options.join(', ')}`,
    found,
    suggestion,
  };
}

/** Of the alternatives of a union, the one that the value missed by least: that is the one that was meant. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const depth = (issues: readonly Issue[]): number =>
    Math.max(...issues.map(({ path }) => path.length));
  return branches.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a section with options',
  record: 'a section with names',
  array: 'a list',
};

const UNITS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: ['character', 'characters'],
  array: ['item', 'items'],
};

function amount(limit: number | bigint, origin: string): string {
  const [one, many] = UNITS[origin] ?? ['', ''];
  return `${limit} ${limit === 1 ? one : many}`.trim();
}

const typeName = (type: string): string => TYPE_NAMES[type] ?? type;

/** Our own messages begin with "expected"; zod's begin with "Invalid input: " and the like. */
const textOf = (message: string): string =>
  message.replace(/^Invalid (?:input|string|URL): /, '').replace(/^expected /, '');

/** Numbers and short texts are shown, since that is what a typing error is seen by; secrets never. */
function describe(value: unknown, path: Path, { isFromOutside }: IssueContext): string {
  if (value === undefined || value === null) return NOTHING;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section';
  if (
    typeof value === 'string' &&
    (isSecretPath(path) || isFromOutside(path) || value.length > 60)
  ) {
    return `text of ${value.length} characters`;
  }
  return JSON.stringify(value);
}
