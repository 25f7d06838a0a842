import { PLATFORM_TREE } from './tree.ts';

/** What the platform has under a path. */
export type PlatformPath =
  /** An operation; `template` is its path with the parameters named. */
  | { readonly kind: 'operation'; readonly template: string }
  /** The path exists, for other methods. */
  | {
      readonly kind: 'other-methods';
      readonly template: string;
      readonly methods: readonly string[];
    }
  | { readonly kind: 'unknown' };

interface PathNode {
  readonly template: string;
  readonly methods: readonly string[];
  readonly literals: Map<string, PathNode>;
  readonly parameters: PathNode[];
}

/** Every path of the platform by segment. Parsed from text at the first question: it takes a few milliseconds. */
export interface PlatformPaths {
  /** `path` is a request's, without query: `/api/v2/conversations/123`. */
  find(method: string, path: string): PlatformPath;
  /** Every operation as `METHOD /path/{template}`, sorted by path. */
  operations(): readonly string[];
}

export function createPlatformPaths(): PlatformPaths {
  let parsed: PathNode | undefined;
  const root = (): PathNode => (parsed ??= parseTree(PLATFORM_TREE));
  return {
    find(method, path) {
      const candidates = [...nodesAt(root(), path.split('/').slice(1))];
      const exact = candidates.find((node) => node.methods.includes(method));
      if (exact !== undefined) return { kind: 'operation', template: exact.template };
      const [nearest] = candidates;
      if (nearest === undefined) return { kind: 'unknown' };
      const methods = [...new Set(candidates.flatMap((node) => node.methods))].toSorted();
      return { kind: 'other-methods', template: nearest.template, methods };
    },
    operations: () => [...operationsOf(root())],
  };
}

function parseTree(text: string): PathNode {
  const root = createNode('', []);
  const branch = [root];
  for (const line of text.split('\n')) {
    const depth = line.search(/\S/);
    if (depth < 0) continue;
    const [segment = '', ...methods] = line.slice(depth).split(' ');
    const parent = branch[depth] ?? root;
    const node = createNode(`${parent.template}/${segment}`, methods);
    if (segment.startsWith('{')) parent.parameters.push(node);
    else parent.literals.set(segment, node);
    branch[depth + 1] = node;
  }
  return root;
}

const createNode = (template: string, methods: readonly string[]): PathNode => ({
  template,
  methods,
  literals: new Map(),
  parameters: [],
});

/** Paths that fit, those with literal segments first, as the platform would route. */
function* nodesAt(node: PathNode, segments: readonly string[]): Generator<PathNode> {
  const [segment, ...rest] = segments;
  if (segment === undefined) {
    if (node.methods.length > 0) yield node;
    return;
  }
  const literal = node.literals.get(segment);
  if (literal !== undefined) yield* nodesAt(literal, rest);
  if (segment === '') return;
  for (const parameter of node.parameters) yield* nodesAt(parameter, rest);
}

function* operationsOf(node: PathNode): Generator<string> {
  for (const method of node.methods) yield `${method} ${node.template}`;
  for (const child of node.literals.values()) yield* operationsOf(child);
  for (const child of node.parameters) yield* operationsOf(child);
}
