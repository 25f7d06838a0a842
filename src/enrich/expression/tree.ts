import { METER_FUNCTION } from './builtins.ts';

type Node = Record<string, unknown>;

/** Operators that walk or copy the values they are given, however large. */
const WALKING_OPERATORS: ReadonlySet<unknown> = new Set(['&', '=', '!=', 'in']);

/**
 * Puts the meter before the operators that walk their operands, before the items of array
 * constructors, and before the keys of object constructors, which are written into a message when
 * they are no text. Changes the tree in place:
 * it is the one that JSONata evaluates.
 */
export function meterTree(value: unknown, seen: Set<unknown> = new Set()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (Array.isArray(value)) {
    for (const item of value) meterTree(item, seen);
    return;
  }
  const node = value as Node;
  for (const child of Object.values(node)) meterTree(child, seen);
  if (node['type'] === 'binary' && WALKING_OPERATORS.has(node['value'])) {
    node['lhs'] = metered(node['lhs']);
    node['rhs'] = metered(node['rhs']);
  }
  if (node['type'] === 'unary' && node['value'] === '[') meterItems(node);
  const isObject = node['type'] === 'unary' && node['value'] === '{';
  if (isObject || isGroup(node)) meterKeys(node['lhs']);
}

/** An array constructor copies the lists that it is given, and makes those of its ranges. */
function meterItems(node: Node): void {
  const items: unknown = node['expressions'];
  if (!Array.isArray(items)) return;
  node['expressions'] = items.map((item: unknown) => (isArray(item) ? item : metered(item)));
}

/** An array within an array stays one item, which JSONata tells by the node itself. */
const isArray = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  value.type === 'unary' &&
  'value' in value &&
  value.value === '[';

/** `a{key: value}` keeps its pairs in a node without a type. */
const isGroup = (node: Node): boolean => node['type'] === undefined && Array.isArray(node['lhs']);

function meterKeys(pairs: unknown): void {
  if (!Array.isArray(pairs)) return;
  for (const pair of pairs) if (Array.isArray(pair)) pair[0] = metered(pair[0]);
}

function metered(operand: unknown): unknown {
  if (isLiteral(operand)) return operand;
  return {
    type: 'function',
    value: '(',
    position: 0,
    arguments: [operand],
    procedure: { type: 'variable', value: METER_FUNCTION, position: 0 },
  };
}

const isLiteral = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  (value.type === 'string' || value.type === 'number');
