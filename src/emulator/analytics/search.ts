import { badRequest } from '../http/errors.ts';
import { fieldsOf, text, textList, type Fields } from '../http/fields.ts';
import { any, ok, type Call, type Route } from '../http/route.ts';
import type { ConversationState, ParticipantState } from '../world/model.ts';
import type { World } from '../world/world.ts';

/** Hits on one page (assumed). */
const PAGE_SIZE = 100;

interface Hit {
  readonly conversation: ConversationState;
  readonly participant: ParticipantState;
}

type Match = (hit: Hit) => boolean;

/** Finds participants by their attributes. */
export function searchRoutes(world: World): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v2/conversations/participants/attributes/search',
      scope: 'conversations:readonly',
      permissions: any('conversation:participant:attributesview'),
      handle: (call) => ok(search(world, call)),
    },
  ];
}

function search(world: World, call: Call): unknown {
  const body = fieldsOf(call.body);
  const criteria = body['query'] ?? [];
  if (!Array.isArray(criteria)) throw badRequest();
  const matches = criteria.map((item: unknown) => parseCriterion(fieldsOf(item)));
  const hits = [...world.conversations.values()].flatMap((conversation) =>
    conversation.participants
      .map((participant) => ({ conversation, participant }))
      .filter((hit) => matches.every((match) => match(hit))),
  );
  const sign = body['sortOrder'] === 'ASC' ? 1 : -1;
  hits.sort((a, b) => sign * (a.participant.startedAt - b.participant.startedAt));
  const from = Number(text(body, 'cursor') ?? '0') || 0;
  const until = from + PAGE_SIZE;
  return {
    types: ['conversations'],
    results: hits.slice(from, until).map(({ conversation, participant }) => ({
      conversationId: conversation.id,
      participantId: participant.id,
      participantPurpose: participant.purpose,
      startTime: new Date(participant.startedAt).toISOString(),
      attributes: Object.fromEntries(participant.attributes),
    })),
    aggregations: [],
    ...(until < hits.length ? { cursor: String(until) } : {}),
  };
}

function parseCriterion(criterion: Fields): Match {
  const { group } = criterion;
  const own = Array.isArray(group)
    ? joined(
        group.map((item: unknown) => parseCriterion(fieldsOf(item))),
        criterion['operator'],
      )
    : parseLeaf(criterion);
  return criterion['operator'] === 'NOT' ? (hit) => !own(hit) : own;
}

function joined(matches: readonly Match[], operator: unknown): Match {
  if (operator === 'OR') return (hit) => matches.some((match) => match(hit));
  return (hit) => matches.every((match) => match(hit));
}

function parseLeaf(criterion: Fields): Match {
  const names = textList(criterion, 'fields') ?? [];
  const valuesOf = (hit: Hit): (string | undefined)[] => names.map((name) => valueOf(hit, name));
  switch (criterion['type']) {
    case 'EXACT': {
      const single = text(criterion, 'value');
      const wanted = new Set(single === undefined ? textList(criterion, 'values') : [single]);
      return (hit) => valuesOf(hit).some((value) => value !== undefined && wanted.has(value));
    }
    case 'DATE_RANGE': {
      const from = Date.parse(text(criterion, 'startValue') ?? '');
      const to = Date.parse(text(criterion, 'endValue') ?? '');
      return (hit) =>
        valuesOf(hit).some((value) => {
          const at = Date.parse(value ?? '');
          return !(at < from) && !(at > to) && !Number.isNaN(at);
        });
    }
    default:
      throw badRequest('a criterion is of type EXACT or DATE_RANGE');
  }
}

/** A field is one of these, or an attribute's key, with or without `attributes.` before it (assumed). */
function valueOf({ conversation, participant }: Hit, name: string): string | undefined {
  switch (name) {
    case 'conversationId':
      return conversation.id;
    case 'participantId':
      return participant.id;
    case 'participantPurpose':
      return participant.purpose;
    case 'startTime':
      return new Date(participant.startedAt).toISOString();
    default:
      return (
        participant.attributes.get(name) ??
        participant.attributes.get(name.replace(/^attributes\./, ''))
      );
  }
}
