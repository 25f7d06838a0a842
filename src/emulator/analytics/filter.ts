import { badRequest } from '../http/errors.ts';
import { fieldsOf, isFields, type Fields } from '../http/fields.ts';
import type { ConversationState } from '../world/model.ts';
import { mediaTypeOf } from './view.ts';

/** A time span from and to, in epoch milliseconds. @throws {PlatformError} 400 */
export function parseInterval(value: unknown): readonly [from: number, to: number] {
  const [from, to, ...rest] = typeof value === 'string' ? value.split('/').map(Date.parse) : [];
  const isGood = from !== undefined && to !== undefined && rest.length === 0 && from <= to;
  // NaN is smaller than nothing, so an instant that is none fails the comparison too.
  if (!isGood) throw badRequest('interval must be two ISO-8601 instants with a / between them');
  return [from, to];
}

type Match = (conversation: ConversationState) => boolean;

/** Values that a conversation has for a dimension, over all its participants. */
const DIMENSIONS: ReadonlyMap<
  string,
  (conversation: ConversationState) => readonly (string | undefined)[]
> = new Map([
  ['conversationId', (c) => [c.id]],
  ['originatingDirection', (c) => [c.direction]],
  ['divisionId', (c) => [c.divisionId]],
  ['externalTag', (c) => [c.externalTag]],
  ['conversationEnd', (c) => [c.endedAt === undefined ? undefined : String(c.endedAt)]],
  ['queueId', (c) => c.participants.map((p) => p.queueId)],
  ['userId', (c) => c.participants.map((p) => p.userId)],
  ['purpose', (c) => c.participants.map((p) => p.purpose)],
  ['participantName', (c) => c.participants.map((p) => p.name)],
  ['mediaType', (c) => c.participants.flatMap((p) => p.legs.map((leg) => mediaTypeOf(leg.media)))],
  ['direction', (c) => c.participants.flatMap((p) => p.legs.map((leg) => leg.direction))],
  ['ani', (c) => c.participants.map((p) => p.ani)],
  ['dnis', (c) => c.participants.map((p) => p.dnis)],
  ['messageType', (c) => c.participants.flatMap((p) => p.legs.map((leg) => leg.messageType))],
]);

/**
 * Reads `conversationFilters` and `segmentFilters`. Every filter must match.
 *
 * @throws {PlatformError} 400 for a form that the contract lacks, or a dimension that the emulator lacks
 */
export function parseFilters(filters: unknown): Match {
  if (filters === undefined || filters === null) return () => true;
  if (!Array.isArray(filters)) throw badRequest();
  const matches = filters.map((filter: unknown) => parseFilter(fieldsOf(filter)));
  return (conversation) => matches.every((match) => match(conversation));
}

/** A filter of clauses and predicates, joined by its `type`. */
function parseFilter(filter: Fields): Match {
  const parts = [...listOf(filter, 'clauses'), ...listOf(filter, 'predicates')].map((part) =>
    'dimension' in part ? parsePredicate(part) : parseFilter(part),
  );
  if (filter['type'] === 'or') return (c) => parts.some((part) => part(c));
  return (c) => parts.every((part) => part(c));
}

function parsePredicate(predicate: Fields): Match {
  const { dimension, operator = 'matches', value } = predicate;
  const valuesOf = DIMENSIONS.get(String(dimension));
  if (valuesOf === undefined) {
    throw badRequest(`the emulator cannot filter by ${JSON.stringify(dimension)}`);
  }
  switch (operator) {
    case 'exists':
      return (c) => valuesOf(c).some((known) => known !== undefined);
    case 'notExists':
      return (c) => valuesOf(c).every((known) => known === undefined);
    case 'matches':
      return (c) => valuesOf(c).some((known) => known !== undefined && known === value);
    default:
      throw badRequest(`the emulator has no operator ${JSON.stringify(operator)}`);
  }
}

function listOf(fields: Fields, name: string): Fields[] {
  const value = fields[name];
  return Array.isArray(value) ? value.filter(isFields) : [];
}
