/**
 * A participant's attributes ("participant data" in the platform's user interface): string to
 * string, keys case-sensitive. A Map, so that a key like `__proto__` is a key like any other.
 */
export type Attributes = ReadonlyMap<string, string>;

export const NO_ATTRIBUTES: Attributes = new Map();

/** Who may see a value. `secret` values are never written as plain attributes. */
export type AttributeClass = 'public' | 'personal' | 'secret';

/**
 * Reads the platform's `attributes` member. Values that are not strings are kept in their JSON
 * form, since the platform declares strings only and a reader must not fail on what others wrote.
 */
export function parseAttributes(value: unknown): Attributes {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return NO_ATTRIBUTES;
  const attributes = new Map<string, string>();
  for (const [key, item] of Object.entries(value)) {
    if (item === null || item === undefined) continue;
    attributes.set(key, typeof item === 'string' ? item : JSON.stringify(item));
  }
  return attributes;
}

/** A plain object for JSON. `Object.fromEntries` defines own properties, whatever the key. */
export function toAttributeRecord(attributes: Attributes): Record<string, string> {
  return Object.fromEntries(attributes);
}
