import type { Answer, RouteDoc } from './route.ts';

/** What guard, parsers and store answer in the place of any route, beside what the route itself says. */
export const SHARED_ANSWERS = {
  400: 'It cannot be read: the body is no JSON, or an id is none.',
  401: 'No valid key was given.',
  403: 'This key, or this person, may not do it.',
  413: 'The body is too large.',
  414: 'A part of the path is too long.',
  415: 'The body is not sent as JSON.',
  422: 'Something in it is wrong; every problem is listed.',
  429: 'Too many requests, or wrong keys, came; `Retry-After` says when to come back.',
  503: 'Too much is under way, or the store or the platform is away; `Retry-After` says when to come back.',
} as const;
type SharedStatus = keyof typeof SHARED_ANSWERS;

/** Everything a route may answer but for defects (500) and what never reaches it. */
export function answersOf(doc: RouteDoc): Readonly<Record<number, Answer>> {
  const shared = sharedStatusesOf(doc).map((status) => [
    status,
    { description: SHARED_ANSWERS[status] },
  ]);
  return { ...Object.fromEntries(shared), ...doc.answers };
}

function sharedStatusesOf(doc: RouteDoc): readonly SharedStatus[] {
  const { method, path, access, query, body } = doc;
  const isGuarded = access !== 'anyone';
  const takesBody = method !== 'GET';
  const applies: Readonly<Record<SharedStatus, boolean>> = {
    400: takesBody || path.includes('{'),
    401: isGuarded,
    403: isGuarded && access !== 'own',
    413: takesBody,
    414: path.includes('{'),
    415: takesBody,
    422: query !== undefined || body !== undefined,
    429: isGuarded,
    503: isGuarded,
  };
  return STATUSES.filter((status) => applies[status]);
}

const STATUSES = Object.keys(SHARED_ANSWERS).map(Number) as SharedStatus[];
