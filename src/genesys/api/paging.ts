import { asFields, type Fields } from '../../domain/fields.ts';
import { MAX_PAGE_SIZE } from '../limits.ts';
import type { CallOptions, PlatformRequest, Requester } from '../request/platform-request.ts';
import { asList, asNumber, expectFields } from './fields.ts';

/** Pages that are read at most: a listing that never ends must not spend the budget. */
const MAX_PAGES = 100;

/**
 * Yields the entities of a listing page by page, one request each, and stops when the caller does.
 * The last page is told by `pageCount`, and where that is missing by a page that is not full.
 */
export async function* listPages(
  requester: Requester,
  request: PlatformRequest,
  options?: CallOptions,
): AsyncGenerator<Fields> {
  for (let page = 1; page <= MAX_PAGES; page++) {
    const query = { ...request.query, pageNumber: page, pageSize: MAX_PAGE_SIZE };
    // The given permit promises one request; further pages ask for room themselves.
    const pageOptions = page === 1 ? options : { ...options, permit: undefined };
    const answer = await requester.send({ ...request, query }, pageOptions);
    const listing = expectFields(request, answer);
    const entities = asList(listing['entities']);
    for (const entity of entities) {
      const fields = asFields(entity);
      if (fields !== undefined) yield fields;
    }
    const pageCount = asNumber(listing['pageCount']);
    const isLast = pageCount === undefined ? entities.length < MAX_PAGE_SIZE : page >= pageCount;
    if (isLast || entities.length === 0) return;
  }
}
