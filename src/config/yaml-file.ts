import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { Path } from './paths.ts';
import type { ConfigProblem } from './problems.ts';
import { holdsMarks, markReferences, unmark } from './variable-references.ts';

/** A configuration file, parsed, with references still marked. */
export interface YamlFile {
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** Where the value at a path stands, or the nearest thing above it. */
  at(path: Path): Position;
}

export interface Position {
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** Largest file read, in characters; a configuration of a hundred attributes has about 20 000. */
const MAX_LENGTH = 1_000_000;
/** How often aliases may repeat what an anchor names, so that a short file stays a small value. */
const MAX_ALIASES = 100;
/** Deepest nesting; an alias to what contains it has none. */
const MAX_DEPTH = 32;

export function parseYaml(text: string): YamlFile {
  const refused = refusal(text);
  if (refused !== undefined) return { value: undefined, problems: [refused], at: () => ({}) };
  const lineCounter = new LineCounter();
  const document = parseDocument(markReferences(text), {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: true,
  });
  const problems = [...Map.groupBy(document.errors, ({ pos }) => pos[0]).values()]
    // Of several at one place the first says what is wrong; the others follow from it.
    .flatMap(([error]) => error ?? [])
    .map((error): ConfigProblem => ({
      path: [],
      expected: 'valid YAML',
      found: unmark(error.message),
      ...positionAt(lineCounter, error.pos[0]),
    }));
  return {
    value: problems.length > 0 ? undefined : toValue(document, problems),
    problems,
    at: (path) => positionOf(document, lineCounter, path),
  };
}

function refusal(text: string): ConfigProblem | undefined {
  if (text.length > MAX_LENGTH) {
    return { path: [], expected: `at most ${MAX_LENGTH} characters`, found: String(text.length) };
  }
  return holdsMarks(text)
    ? { path: [], expected: 'readable characters', found: 'one of Unicode’s private use area' }
    : undefined;
}

function toValue(document: Document, problems: ConfigProblem[]): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    if (isShallow(value, 0)) return value;
    problems.push({
      path: [],
      expected: `at most ${MAX_DEPTH} levels, and no alias within its own anchor`,
      found: 'more',
    });
    return undefined;
  } catch (error) {
    problems.push({
      path: [],
      expected: 'valid YAML',
      found: error instanceof Error ? unmark(error.message) : 'something unreadable',
    });
    return undefined;
  }
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth < MAX_DEPTH && Object.values(value).every((child) => isShallow(child, depth + 1));
}

function positionOf(document: Document, lineCounter: LineCounter, path: Path): Position {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return positionAt(lineCounter, node.range[0]);
  }
  return {};
}

function positionAt(lineCounter: LineCounter, offset: number): Position {
  const { line, col } = lineCounter.linePos(offset);
  return { line, column: col };
}
