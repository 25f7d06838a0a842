import { badRequest } from '../http/errors.ts';
import { fieldsOf, text, textList, type Fields } from '../http/fields.ts';
import type { UserState } from '../world/model.ts';

type Match = (user: UserState) => boolean;

/** How a criterion's type compares; case never matters. */
const COMPARISONS: ReadonlyMap<string, (own: string, wanted: string) => boolean> = new Map([
  ['EXACT', (own, wanted) => own === wanted],
  ['TERM', (own, wanted) => own === wanted],
  ['TERMS', (own, wanted) => own === wanted],
  ['STARTS_WITH', (own, wanted) => own.startsWith(wanted)],
  ['CONTAINS', (own, wanted) => own.includes(wanted)],
]);

const FIELDS: ReadonlyMap<string, (user: UserState) => string> = new Map([
  ['id', (user) => user.id],
  ['name', (user) => user.name],
  ['email', (user) => user.email],
  ['username', (user) => user.email],
]);

/** Reads `UserSearchRequest.query`: every criterion must match, any of its fields and values will do. */
export function parseUserSearch(body: unknown): Match {
  const { query = [] } = fieldsOf(body);
  if (!Array.isArray(query)) throw badRequest();
  const matches = query.map((criterion: unknown) => parseCriterion(fieldsOf(criterion)));
  return (user) => matches.every((match) => match(user));
}

function parseCriterion(criterion: Fields): Match {
  const compare = COMPARISONS.get(text(criterion, 'type') ?? '');
  if (compare === undefined) {
    throw badRequest(
      `the emulator cannot search users by type ${JSON.stringify(criterion['type'])}`,
    );
  }
  const value = text(criterion, 'value');
  const wanted = value === undefined ? (textList(criterion, 'values') ?? []) : [value];
  const fields = textList(criterion, 'fields') ?? [];
  const readers = fields.map((field) => FIELDS.get(field)).filter((read) => read !== undefined);
  return (user) =>
    readers.some((read) =>
      wanted.some((one) => compare(read(user).toLowerCase(), one.toLowerCase())),
    );
}
