/** A JSON Schema, as far as pages tell of one. */
export interface Schema {
  readonly type?: string | readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly items?: Schema | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
}

/** One member of an object, for people. */
export interface Field {
  /** Of a member of a member: `keys[].state`. */
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly told: string;
}

/** Members of members of members; what is deeper is told by the OpenAPI document alone. */
const MAX_DEPTH = 3;

/** What an object holds, in the order of its schema. */
export function fieldsOf(schema: Schema, depth = 1): readonly Field[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, member]): Field[] => {
    const field = {
      name,
      type: typeOf(member),
      isRequired: required.includes(name),
      told: member.description ?? '',
    };
    const isList = member.items !== undefined;
    const inner = depth < MAX_DEPTH ? fieldsOf(member.items ?? member, depth + 1) : [];
    const prefix = isList ? `${name}[]` : name;
    return [field, ...inner.map((each) => ({ ...each, name: `${prefix}.${each.name}` }))];
  });
}

const WORDS: Readonly<Record<string, string>> = { string: 'text', array: 'list' };

/** What a value may be, in words. */
export function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) {
    return schema.enum.map((value) => JSON.stringify(value)).join(', ');
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined && schema.type === undefined) {
    return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  }
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  const { type } = schema;
  if (type === undefined) return 'any';
  const names = typeof type === 'string' ? [type] : type;
  return names.map((name) => WORDS[name] ?? name).join(' or ');
}
