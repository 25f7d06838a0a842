import type { SourceQuery, SourceUses } from '../../source.ts';

const VARIABLES = ['key', 'keyKind', 'conversationId', 'traceId'] as const;
export type Variable = (typeof VARIABLES)[number];

const PLACEHOLDER = /\{(key|keyKind|conversationId|traceId)\}/g;

/** Text with `{key}`, `{keyKind}`, `{conversationId}` and `{traceId}` in it; other braces are text. */
export interface Template {
  readonly variables: ReadonlySet<Variable>;
  /** Fills the variables in, each encoded by `encode`. */
  expand(query: SourceQuery, encode: (value: string) => string): string;
}

export function parseTemplate(text: string): Template {
  const variables = new Set<Variable>();
  // With one group in the pattern, every second part is a variable's name.
  const parts = text.split(PLACEHOLDER).map((part, i) => (i % 2 === 0 ? part : variableOf(part)));
  for (const part of parts) if (typeof part !== 'string') variables.add(part.variable);
  return {
    variables,
    expand: (query, encode) =>
      parts
        .map((part) => (typeof part === 'string' ? part : encode(query[part.variable] ?? '')))
        .join(''),
  };
}

function variableOf(part: string): { readonly variable: Variable } {
  const variable = VARIABLES.find((name) => name === part);
  if (variable === undefined) throw new TypeError(`not a variable: ${part}`);
  return { variable };
}

/** A JSON value whose texts are templates. Filled in after parsing, so that a value can never change its structure. */
export interface JsonTemplate {
  readonly variables: ReadonlySet<Variable>;
  expand(query: SourceQuery): unknown;
}

export function parseJsonTemplate(json: unknown): JsonTemplate {
  if (typeof json === 'string') {
    const template = parseTemplate(json);
    return {
      variables: template.variables,
      expand: (query) => template.expand(query, (value) => value),
    };
  }
  if (Array.isArray(json)) {
    const items = json.map(parseJsonTemplate);
    return {
      variables: union(items),
      expand: (query) => items.map((item) => item.expand(query)),
    };
  }
  if (typeof json === 'object' && json !== null) {
    const members = Object.entries(json).map(
      ([name, item]) => [name, parseJsonTemplate(item)] as const,
    );
    return {
      variables: union(members.map(([, item]) => item)),
      expand: (query) =>
        Object.fromEntries(members.map(([name, item]) => [name, item.expand(query)])),
    };
  }
  return { variables: new Set(), expand: () => json };
}

interface HasVariables {
  readonly variables: ReadonlySet<Variable>;
}

export function union(parts: Iterable<HasVariables>): ReadonlySet<Variable> {
  const all = new Set<Variable>();
  for (const part of parts) for (const variable of part.variables) all.add(variable);
  return all;
}

export function usesOf(variables: ReadonlySet<Variable>): SourceUses {
  return {
    key: variables.has('key'),
    keyKind: variables.has('keyKind'),
    conversationId: variables.has('conversationId'),
  };
}
