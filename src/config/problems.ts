import { RapportError } from '../domain/errors.ts';
import { formatPath, type Path } from './paths.ts';

/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** Where: `attributes.crm.tier.from`, or empty for the file as a whole. */
  readonly path: Path;
  /** What should be there; where nothing is told as `found`, what is wrong. */
  readonly expected: string;
  /** What is there instead. Never the text of a secret. */
  readonly found?: string | undefined;
  /** What was probably meant. */
  readonly suggestion?: string | undefined;
  /** The line and column in the file, counted from 1. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** A variable that it refers to is not set: the file itself may be right. */
  readonly isUnset?: boolean | undefined;
  /** The variable to set, where the configuration comes from the environment. */
  readonly variable?: string | undefined;
}

/** What is found where nothing stands. */
export const NOTHING = 'nothing';

/** Problems that a message lists; more than so many nobody reads. */
const MAX_LISTED = 100;

/** Everything that is wrong with a configuration, at once. */
export class ConfigError extends RapportError {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];
  /** The file it was read from; undefined when it came from the environment alone. */
  readonly file: string | undefined;

  constructor(
    problems: readonly ConfigProblem[],
    file: string | undefined,
    nextStep: string = nextStepFor(problems, file),
  ) {
    const count = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
    super({
      code: 'ERR_CONFIG_INVALID',
      message: [`${file ?? 'the environment'}: ${count}`, ...listOf(problems)].join('\n  '),
      nextStep,
      details: { problems },
    });
    this.problems = problems;
    this.file = file;
  }
}

function listOf(problems: readonly ConfigProblem[]): readonly string[] {
  const listed = problems.slice(0, MAX_LISTED).map(formatProblem);
  const left = problems.length - listed.length;
  return left === 0 ? listed : [...listed, `… and ${left} more`];
}

function nextStepFor(problems: readonly ConfigProblem[], file: string | undefined): string {
  return file === undefined || problems.every(({ isUnset }) => isUnset === true)
    ? 'Set the variables named above, in the environment or in a .env file.'
    : 'Correct the file; `rapport config schema` prints a JSON Schema that editors check it with.';
}

/** `12:5 attributes.crm.tier.typ: expected …, found …; did you mean type?`, or `GENESYS_CLIENT_ID: not set`. */
export function formatProblem(problem: ConfigProblem): string {
  const { line, column, variable, expected, found, suggestion } = problem;
  const at = line === undefined ? '' : `${line}:${column ?? 1} `;
  const where = variable ?? (problem.path.length === 0 ? '' : formatPath(problem.path));
  const isUnset = variable !== undefined && found === NOTHING;
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return `${at}${where === '' ? '' : `${where}: `}${isUnset ? 'not set' : sayExpected(expected, found)}${hint}`;
}

/** What is wrong by itself, such as an expression that cannot be read, has no other thing that was found. */
function sayExpected(expected: string, found: string | undefined): string {
  return found === undefined ? expected : `expected ${expected}, found ${found}`;
}
