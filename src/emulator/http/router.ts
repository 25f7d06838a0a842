import type { Method } from './route.ts';

/** What the router has to know of a route. */
export interface Routed {
  readonly method: Method;
  /** Path template; a segment in braces is a parameter. */
  readonly path: string;
}

export type Match<R extends Routed> =
  | { readonly kind: 'route'; readonly route: R; readonly params: Readonly<Record<string, string>> }
  /** The path is there, for other methods. */
  | { readonly kind: 'method'; readonly allowed: readonly Method[] }
  | { readonly kind: 'none' };

interface Node<R> {
  readonly children: Map<string, Node<R>>;
  wild: Node<R> | undefined;
  readonly routes: Map<Method, R>;
}

const createNode = <R>(): Node<R> => ({ children: new Map(), wild: undefined, routes: new Map() });

/** Finds routes by path, a literal segment before a `{parameter}`. */
export class Router<R extends Routed> {
  readonly #root = createNode<R>();

  constructor(routes: Iterable<R>) {
    for (const route of routes) this.#add(route);
  }

  #add(route: R): void {
    let node = this.#root;
    for (const segment of segmentsOf(route.path)) {
      if (segment.startsWith('{')) node = node.wild ??= createNode();
      else node = childOf(node, segment);
    }
    if (node.routes.has(route.method)) {
      throw new Error(`two routes for ${route.method} ${route.path}`);
    }
    node.routes.set(route.method, route);
  }

  match(method: string, path: string): Match<R> {
    const segments = segmentsOf(path).map(decodeSegment);
    const node = find(this.#root, segments, 0, (found) => found.routes.has(method as Method));
    const route = node?.routes.get(method as Method);
    if (route !== undefined) return { kind: 'route', route, params: paramsOf(route, segments) };
    const other = find(this.#root, segments, 0, (found) => found.routes.size > 0);
    if (other === undefined) return { kind: 'none' };
    return { kind: 'method', allowed: [...other.routes.keys()] };
  }
}

/** Tries the literal way first and comes back for the parameter, as `/calls/{id}` and `/{id}/attributes` overlap. */
function find<R>(
  node: Node<R>,
  segments: readonly string[],
  at: number,
  isGood: (node: Node<R>) => boolean,
): Node<R> | undefined {
  const segment = segments[at];
  if (segment === undefined) return isGood(node) ? node : undefined;
  const literal = node.children.get(segment);
  const found = literal === undefined ? undefined : find(literal, segments, at + 1, isGood);
  if (found !== undefined || node.wild === undefined || segment === '') return found;
  return find(node.wild, segments, at + 1, isGood);
}

function childOf<R>(node: Node<R>, segment: string): Node<R> {
  const known = node.children.get(segment);
  if (known !== undefined) return known;
  const created = createNode<R>();
  node.children.set(segment, created);
  return created;
}

function paramsOf(route: Routed, segments: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [at, part] of segmentsOf(route.path).entries()) {
    if (part.startsWith('{')) params[part.slice(1, -1)] = segments[at] ?? '';
  }
  return params;
}

const segmentsOf = (path: string): string[] => path.replace(/^\/|\/$/g, '').split('/');

/** A segment that is not valid percent-encoding is taken as it stands: it will not be found. */
function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
