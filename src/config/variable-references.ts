import { pathKey, type Path } from './paths.ts';
import type { ConfigProblem } from './problems.ts';

/**
 * References to the environment in a configuration file: `${NAME}` is the variable, `${file:PATH}`
 * the text of a file without its last line break, and `$${` a plain `${`.
 *
 * They are marked in the file's text before it is parsed, since YAML would read the braces of an
 * unquoted one as a mapping. A mark has the length of what it replaces, so lines and columns stay
 * true; and it is resolved after parsing, so that no variable's value can change the structure.
 */
const REFERENCE = /\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*|file:[^\s{}"']+)\}/g;

/** Characters of Unicode's private use area, which no configuration holds. */
const MARK = { start: '\uE000\uE001', end: '\uE002', literal: '\uE003\uE001\uE004' } as const;
const MARKED = /\uE000\uE001([^\uE002]*)\uE002/g;
const PRIVATE_USE = /[\uE000-\uE004]/;

export function markReferences(text: string): string {
  return text.replace(REFERENCE, (_all, literal: string | undefined, name: string) =>
    literal === undefined ? `${MARK.start}${name}${MARK.end}` : MARK.literal,
  );
}

/** Whether a text holds the characters that marks are made of. */
export const holdsMarks = (text: string): boolean => PRIVATE_USE.test(text);

/** The file's text as it was written, for people and for writing it back. */
export const unmark = (text: string): string =>
  text.replace(MARKED, '$${$1}').replaceAll(MARK.literal, () => '$${');

export interface ReferenceSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
}

export interface Resolved {
  readonly value: unknown;
  /** The paths whose text came, wholly or in part, from a reference, with what it referred to. */
  readonly references: ReadonlyMap<string, string>;
  readonly problems: readonly ConfigProblem[];
}

/** Replaces every mark in every text of a parsed file. */
export function resolveReferences(value: unknown, sources: ReferenceSources): Resolved {
  const references = new Map<string, string>();
  const problems: ConfigProblem[] = [];

  const resolveText = (text: string, path: Path): string => {
    const resolved = text.replace(MARKED, (_all, name: string) => {
      references.set(pathKey(path), name);
      const found = lookUp(name, sources);
      if ('problem' in found) problems.push({ path, ...found.problem });
      return 'text' in found ? found.text : '';
    });
    return resolved.replaceAll(MARK.literal, '${');
  };
  const walk = (item: unknown, path: Path): unknown => {
    if (typeof item === 'string') return resolveText(item, path);
    if (Array.isArray(item)) return item.map((child, i) => walk(child, [...path, i]));
    if (typeof item !== 'object' || item === null) return item;
    return Object.fromEntries(
      Object.entries(item).map(([key, child]) => [
        unmark(key),
        walk(child, [...path, unmark(key)]),
      ]),
    );
  };
  return { value: walk(value, []), references, problems };
}

type Found =
  | { readonly text: string }
  | { readonly problem: Pick<ConfigProblem, 'expected' | 'found' | 'isUnset'> };

function lookUp(name: string, { env, readFile }: ReferenceSources): Found {
  if (!name.startsWith('file:')) {
    const text = env[name];
    return text === undefined || text === ''
      ? { problem: { expected: `the environment variable ${name} is not set`, isUnset: true } }
      : { text };
  }
  const path = name.slice('file:'.length);
  try {
    return { text: readFile(path).replace(/\r?\n$/, '') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return { problem: { expected: `a readable file ${path}`, found: code } };
  }
}
