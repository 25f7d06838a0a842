/** Written by `npm run generate` from the official SDK: each path with its methods, as `GET POST`. */
import officialSdk from './operations.json' with { type: 'json' };

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
  readonly methods: string[];
  readonly literals: Map<string, PathNode>;
  /** Children whose segment is a parameter, by its name: the platform names one place in several ways. */
  readonly parameters: Map<string, PathNode>;
}

/** The SDK that the operations were read from, with its version. */
export const PLATFORM_OPERATIONS_SOURCE: string = officialSdk.source;

/** Every path of the platform by segment. The tree grows at the first question: it takes a few milliseconds. */
export interface PlatformPaths {
  /** `path` is a request's, without query: `/api/v2/conversations/123`. */
  find(method: string, path: string): PlatformPath;
  /** Every operation as `METHOD /path/{template}`, sorted by path. */
  operations(): readonly string[];
}

export function createPlatformPaths(): PlatformPaths {
  let grown: PathNode | undefined;
  const root = (): PathNode => (grown ??= growTree(Object.entries(officialSdk.paths)));
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

function growTree(paths: readonly (readonly [path: string, methods: string])[]): PathNode {
  const root = createNode('');
  for (const [path, methods] of paths) {
    const node = path.split('/').slice(1).reduce(descend, root);
    node.methods.push(...methods.split(' '));
  }
  return root;
}

/** The child of a segment, made where there is none yet. */
function descend(parent: PathNode, segment: string): PathNode {
  const siblings = segment.startsWith('{') ? parent.parameters : parent.literals;
  const child = siblings.get(segment) ?? createNode(`${parent.template}/${segment}`);
  siblings.set(segment, child);
  return child;
}

const createNode = (template: string): PathNode => ({
  template,
  methods: [],
  literals: new Map(),
  parameters: new Map(),
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
  for (const parameter of node.parameters.values()) yield* nodesAt(parameter, rest);
}

function* operationsOf(node: PathNode): Generator<string> {
  for (const method of node.methods) yield `${method} ${node.template}`;
  for (const child of node.literals.values()) yield* operationsOf(child);
  for (const child of node.parameters.values()) yield* operationsOf(child);
}
