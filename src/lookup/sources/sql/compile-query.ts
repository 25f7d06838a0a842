/**
 * Turns `:key`, `:keyKind` and `:conversationId` in a query into the placeholders that the
 * database binds values to. A value never becomes part of the text.
 *
 * What looks like a parameter but is none is left alone: in strings, quoted names, comments and
 * dollar quotes, in casts (`::int`), assignments (`:=`) and PostgreSQL's slices (`a[1:n]`).
 */
export type Dialect = 'postgres' | 'mysql' | 'sqlite';

const PARAMETERS = ['key', 'keyKind', 'conversationId'] as const;
export type Parameter = (typeof PARAMETERS)[number];

export interface CompiledQuery {
  readonly text: string;
  /** What to bind, one entry per placeholder, in order. */
  readonly parameters: readonly Parameter[];
}

export type QueryProblem = { readonly problem: string };

/** Text in which nothing is a parameter, by dialect. PostgreSQL's nested comments are apart. */
const OPAQUE: Readonly<Record<Dialect, RegExp>> = {
  postgres:
    /--[^\n]*|(?<![A-Za-z0-9_$])[eE]'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![A-Za-z0-9_$])\$([A-Za-z_][A-Za-z0-9_]*)?\$[^]*?\$\1\$/y,
  mysql:
    /--(?=\s|$)[^\n]*|#[^\n]*|\/\*[^]*?\*\/|'(?:[^'\\]|\\[^]|'')*'|"(?:[^"\\]|\\[^]|"")*"|`(?:[^`]|``)*`/y,
  sqlite: /--[^\n]*|\/\*[^]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]/y,
};

/** What can only be the beginning of opaque text that never ends. */
const UNTERMINATED: Readonly<Record<Dialect, RegExp>> = {
  postgres: /['"]|\/\*|(?<![A-Za-z0-9_$])\$(?:[A-Za-z_][A-Za-z0-9_]*)?\$/y,
  mysql: /['"`]|\/\*/y,
  sqlite: /['"`[]/y,
};

/** Placeholders of the driver itself: they would be counted and bound to the wrong values. */
const FOREIGN: Readonly<Record<Dialect, RegExp>> = {
  postgres: /(?<![A-Za-z0-9_$])\$\d+/y,
  mysql: /\?/y,
  sqlite: /\?\d*|[@$][A-Za-z_][A-Za-z0-9_]*/y,
};

const COLONS = /::|:=/y;
const PARAMETER = /:([A-Za-z_][A-Za-z0-9_]*)/y;
/** In PostgreSQL a colon right after a value separates the bounds of a slice. */
const AFTER_VALUE = /[A-Za-z0-9_\])"]$/;
const END = /[\s;]+$/;

/** Compiles a query, or says what is wrong with it. */
export function compileQuery(sql: string, dialect: Dialect): CompiledQuery | QueryProblem {
  const trimmed = sql.trim().replace(END, '');
  if (trimmed === '') return { problem: 'expected a query, found nothing' };
  const parameters: Parameter[] = [];
  let text = '';
  for (let at = 0; at < trimmed.length;) {
    const token = nextToken(trimmed, at, dialect);
    if (token.kind === 'problem') return { problem: token.problem };
    if (token.kind === 'parameter') {
      parameters.push(token.parameter);
      text += dialect === 'postgres' ? `$${parameters.length}` : '?';
    } else {
      text += trimmed.slice(at, at + token.length);
    }
    at += token.length;
  }
  return { text, parameters };
}

type Token =
  | { readonly kind: 'text'; readonly length: number }
  | { readonly kind: 'parameter'; readonly length: number; readonly parameter: Parameter }
  | { readonly kind: 'problem'; readonly problem: string };

function nextToken(sql: string, at: number, dialect: Dialect): Token {
  const comment = dialect === 'postgres' ? nestedCommentLength(sql, at) : 0;
  const skipped = comment || matchLength(OPAQUE[dialect], sql, at) || matchLength(COLONS, sql, at);
  if (skipped > 0) return { kind: 'text', length: skipped };
  if (matchLength(UNTERMINATED[dialect], sql, at) > 0) {
    return {
      kind: 'problem',
      problem: `a quote or comment that begins at character ${at + 1} never ends`,
    };
  }
  const foreign = matchLength(FOREIGN[dialect], sql, at);
  if (foreign > 0) {
    const found = sql.slice(at, at + foreign);
    return { kind: 'problem', problem: `expected named parameters such as :key, found ${found}` };
  }
  if (sql[at] === ';') return { kind: 'problem', problem: 'expected one statement, found several' };
  return sql[at] === ':' ? parameterAt(sql, at, dialect) : { kind: 'text', length: 1 };
}

function parameterAt(sql: string, at: number, dialect: Dialect): Token {
  PARAMETER.lastIndex = at;
  const name = PARAMETER.exec(sql)?.[1];
  const isSlice = dialect === 'postgres' && AFTER_VALUE.test(sql.slice(Math.max(0, at - 1), at));
  if (name === undefined || isSlice) return { kind: 'text', length: 1 };
  const parameter = PARAMETERS.find((known) => known === name);
  if (parameter !== undefined) return { kind: 'parameter', length: name.length + 1, parameter };
  const known = PARAMETERS.map((each) => `:${each}`).join(', ');
  return { kind: 'problem', problem: `unknown parameter :${name}; there are ${known}` };
}

function matchLength(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** Length of a comment that begins here, with the comments within it; 0 when none does or it never ends. */
function nestedCommentLength(sql: string, start: number): number {
  if (!sql.startsWith('/*', start)) return 0;
  let depth = 0;
  for (let at = start; at < sql.length;) {
    const isOpening = sql.startsWith('/*', at);
    const isClosing = sql.startsWith('*/', at);
    depth += Number(isOpening) - Number(isClosing);
    at += isOpening || isClosing ? 2 : 1;
    if (depth === 0) return at - start;
  }
  return 0;
}
