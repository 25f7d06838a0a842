import { invalidQuery } from './errors.ts';

export interface Page<T> {
  readonly entities: readonly T[];
  readonly pageSize: number;
  readonly pageNumber: number;
  readonly total: number;
  readonly pageCount: number;
  readonly firstUri: string;
  readonly lastUri: string;
  readonly selfUri: string;
  readonly nextUri?: string | undefined;
  readonly previousUri?: string | undefined;
}

/** Cuts one page out of a list, as the platform's `pageSize` and `pageNumber` ask. */
export function pageOf<T>(entities: readonly T[], query: URLSearchParams, path: string): Page<T> {
  const pageSize = whole(query, 'pageSize', 25, 500);
  const pageNumber = whole(query, 'pageNumber', 1, Number.MAX_SAFE_INTEGER);
  const pageCount = Math.max(1, Math.ceil(entities.length / pageSize));
  const uri = (number: number): string => {
    const params = new URLSearchParams(query);
    params.set('pageSize', String(pageSize));
    params.set('pageNumber', String(number));
    return `${path}?${params.toString()}`;
  };
  return {
    entities: entities.slice((pageNumber - 1) * pageSize, pageNumber * pageSize),
    pageSize,
    pageNumber,
    total: entities.length,
    pageCount,
    firstUri: uri(1),
    lastUri: uri(pageCount),
    selfUri: uri(pageNumber),
    nextUri: pageNumber < pageCount ? uri(pageNumber + 1) : undefined,
    previousUri: pageNumber > 1 ? uri(pageNumber - 1) : undefined,
  };
}

function whole(query: URLSearchParams, name: string, fallback: number, max: number): number {
  const text = query.get(name);
  if (text === null || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw invalidQuery(text, name, 'integers from 1');
  return Math.min(value, max);
}

/** `Sup*` matches by beginning, anything else as a whole; case does not matter. */
export function matchesName(name: string, wanted: string | null): boolean {
  if (wanted === null || wanted === '') return true;
  const pattern = wanted.toLowerCase();
  const own = name.toLowerCase();
  const bare = pattern.replace(/^\*|\*$/g, '');
  if (pattern.startsWith('*') && pattern.endsWith('*')) return own.includes(bare);
  if (pattern.endsWith('*')) return own.startsWith(bare);
  if (pattern.startsWith('*')) return own.endsWith(bare);
  return own === pattern;
}
