/** Where a value stands in a configuration: names of options, and numbers in lists. */
export type Path = readonly (string | number)[];

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce(memberOf, value);
}

export function memberOf(value: unknown, member: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member))
    return undefined;
  return (value as Readonly<Record<string | number, unknown>>)[member];
}

/** A copy with another value at a path. Sections that are missing are made; anything else in the way stays. */
export function withValueAt(value: unknown, path: Path, item: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return item;
  if (Array.isArray(value)) {
    return value.map((child, i) => (i === first ? withValueAt(child, rest, item) : child));
  }
  const section = value ?? {};
  if (typeof section !== 'object') return value;
  return { ...section, [first]: withValueAt(memberOf(section, first), rest, item) };
}

/** A path as a key of a map. */
export const pathKey = (path: Path): string => JSON.stringify(path);

/** A path for people. Names that are no plain words are quoted, so that it can be read back. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!/^[A-Za-z_$][\w$-]*$/.test(part)) return `${text}[${JSON.stringify(part)}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}
