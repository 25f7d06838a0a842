import { REFUSED_FUNCTIONS } from './builtins.ts';

/** What the syntax tree of an expression tells before it runs. */
export interface Syntax {
  /** Members of the input that are read by name. */
  readonly roots: ReadonlySet<string>;
  /** Whether it reads the input as a whole (`$$`, `*`, `**`), and so may depend on any member. */
  readonly readsWhole: boolean;
  /** Whether it only follows names and compares nothing, so that no limit of time is needed. */
  readonly isPlain: boolean;
  readonly refusal: Refusal | undefined;
}

export interface Refusal {
  readonly problem: string;
  readonly position: number | undefined;
}

type Node = Readonly<Record<string, unknown>>;

/** Walks the tree that JSONata made. Nodes of a kind that is not known here are walked all the same. */
export function inspectSyntax(ast: unknown): Syntax {
  const walk = new Walk();
  walk.visit(ast, true);
  return walk;
}

class Walk implements Syntax {
  readonly roots = new Set<string>();
  readsWhole = false;
  isPlain = true;
  refusal: Refusal | undefined;
  /** Nodes may be shared (`a ?? b` uses `a` twice); each is seen once at the top and once below it. */
  readonly #seen = [new Set<unknown>(), new Set<unknown>()] as const;

  visit(value: unknown, isTop: boolean): void {
    if (typeof value !== 'object' || value === null) return;
    const seen = this.#seen[isTop ? 0 : 1];
    if (seen.has(value)) return;
    seen.add(value);
    if (Array.isArray(value)) {
      for (const item of value) this.visit(item, isTop);
      return;
    }
    this.#visitNode(value as Node, isTop);
  }

  #visitNode(node: Node, isTop: boolean): void {
    this.#judge(node);
    if (!PLAIN.has(node['type'])) this.isPlain = false;
    if (isInputVariable(node, isTop) || (isTop && WHOLE.has(node['type']))) this.readsWhole = true;
    if (isTop && node['type'] === 'name') this.#addRoot(node);
    if (node['type'] === 'path') {
      this.#path(node, isTop);
      return;
    }
    for (const [member, child] of Object.entries(node)) {
      // Stages and groups are evaluated on what the step gave, no longer on the input.
      if (member !== 'value') this.visit(child, isTop && !BELOW.has(member));
    }
  }

  #path(node: Node, isTop: boolean): void {
    const steps = Array.isArray(node['steps']) ? (node['steps'] as readonly Node[]) : [];
    let reachesInput = isTop;
    for (const [index, step] of steps.entries()) {
      const isInput = isInputVariable(step, reachesInput);
      if (isInput && steps[index + 1]?.['type'] === 'name') {
        reachesInput = true;
        continue;
      }
      this.visit(step, reachesInput);
      reachesInput = false;
    }
    this.visit(node['group'], false);
  }

  #addRoot(node: Node): void {
    if (typeof node['value'] === 'string') this.roots.add(node['value']);
  }

  #judge(node: Node): void {
    const position = typeof node['position'] === 'number' ? node['position'] : undefined;
    if (node['type'] === 'regex') {
      this.#refuse('regular expressions are refused, since one can hang the process', position);
    }
    if (node['type'] === 'transform') {
      this.#refuse('the transform operator is refused, since it copies whole records', position);
    }
    if (node['type'] === 'variable' && typeof node['value'] === 'string') {
      const reason = REFUSED_FUNCTIONS.get(node['value']);
      if (reason !== undefined) this.#refuse(reason, position);
    }
  }

  #refuse(problem: string, position: number | undefined): void {
    this.refusal ??= { problem, position };
  }
}

/** Nodes whose evaluation takes no longer than reading the input. */
const PLAIN: ReadonlySet<unknown> = new Set(['path', 'name', 'string', 'number', 'value']);

const BELOW: ReadonlySet<string> = new Set(['stages', 'predicate', 'group']);

const WHOLE: ReadonlySet<unknown> = new Set(['wildcard', 'descendant', 'parent']);

/** `$` is the input at the top of an expression, and `$$` is the input everywhere. */
const isInputVariable = (node: Node, isTop: boolean): boolean =>
  node['type'] === 'variable' && (node['value'] === '$' || (isTop && node['value'] === ''));
