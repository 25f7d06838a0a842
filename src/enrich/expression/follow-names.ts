/** The names that an expression follows, such as `crm.address.city`; undefined where it does anything else. */
export function namesOf(ast: unknown): readonly string[] | undefined {
  if (!isNode(ast) || ast['type'] !== 'path' || !Array.isArray(ast['steps'])) return undefined;
  if (!hasOnly(ast, PATH_MEMBERS)) return undefined;
  const names: string[] = [];
  for (const step of ast['steps'] as readonly unknown[]) {
    if (!isNode(step) || step['type'] !== 'name' || !hasOnly(step, NAME_MEMBERS)) return undefined;
    if (typeof step['value'] !== 'string') return undefined;
    names.push(step['value']);
  }
  return names;
}

/**
 * What JSONata gives for these names, without its interpreter. It has rules of its own for lists, which
 * stay with it: undefined where one is met, at the end too.
 */
export function followNames(
  input: unknown,
  names: readonly string[],
): { readonly value: unknown } | undefined {
  let value = input;
  for (const name of names) {
    if (Array.isArray(value)) return undefined;
    if (!isNode(value) || !Object.hasOwn(value, name)) return { value: undefined };
    value = value[name];
  }
  return Array.isArray(value) ? undefined : { value };
}

type Node = Readonly<Record<string, unknown>>;

/** Filters, sorts, groups and bindings are members beside these. */
const PATH_MEMBERS: ReadonlySet<string> = new Set(['type', 'steps']);
const NAME_MEMBERS: ReadonlySet<string> = new Set(['type', 'value', 'position']);

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

const hasOnly = (node: Node, members: ReadonlySet<string>): boolean =>
  Object.keys(node).every((member) => members.has(member));
