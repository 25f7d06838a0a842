import { z } from 'zod';
import { RapportError } from '../../../domain/errors.ts';
import type { Answer } from '../route.ts';

/** By which a list is narrowed down. */
export const id: z.ZodString = z.string().min(1).max(128);

/** What every list is asked by. */
export const paging: {
  readonly cursor: z.ZodOptional<z.ZodString>;
  readonly limit: z.ZodDefault<z.ZodCoercedNumber>;
} = {
  cursor: z.string().max(1024).optional().describe('`next` of the page before.'),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(500)
    .default(100)
    .describe('How many a page has at most. 1 to 500, default 100.'),
};

/** What every list answers by itself. */
export const pageAnswers = (list: string, row: z.ZodType): Readonly<Record<number, Answer>> => ({
  200: {
    description: 'One page.',
    schema: z.object({
      [list]: z.array(row),
      next: z.string().optional().describe('The `cursor` of the page that follows, if one does.'),
    }),
  },
  400: { description: 'The cursor is not one of this list.' },
});

/** A row's id within a cursor, which anybody may have made up. */
export const rowId: z.ZodString = z.string().regex(/^[\w.:-]{1,128}$/);

export interface PageQuery {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface Paged<Place, Row extends Place> {
  /** The member that the list has in its answer. No other list takes its cursors. */
  readonly list: string;
  /** Takes from a row what its place is, and from a cursor what it may hold. No two rows share a place. */
  readonly place: z.ZodType<Place>;
  readonly read: (page: {
    readonly before: Place | undefined;
    readonly limit: number;
  }) => Promise<readonly Row[]>;
}

/** @throws {RapportError} `ERR_CURSOR` */
export async function readPage<Place, Row extends Place>(
  { cursor, limit }: PageQuery,
  { list, place, read }: Paged<Place, Row>,
): Promise<Readonly<Record<string, unknown>>> {
  const before = cursor === undefined ? undefined : parseCursor(cursor, list, place);
  // One more than is shown tells whether another page follows.
  const found = await read({ before, limit: limit + 1 });
  const rows = found.slice(0, limit);
  const last = found.length > rows.length ? rows.at(-1) : undefined;
  return { [list]: rows, next: last && formatCursor(list, place.parse(last)) };
}

const formatCursor = (list: string, place: unknown): string =>
  Buffer.from(JSON.stringify({ list, place })).toString('base64url');

function parseCursor<Place>(cursor: string, list: string, place: z.ZodType<Place>): Place {
  const cursorOfList = z.object({ list: z.literal(list), place });
  const parsed = cursorOfList.safeParse(jsonOf(Buffer.from(cursor, 'base64url').toString('utf8')));
  if (parsed.success) return parsed.data.place;
  throw new RapportError({
    code: 'ERR_CURSOR',
    message: 'the cursor is not one of this list',
    nextStep: 'Send `next` as the page before gave it; without a cursor the list begins anew.',
    details: { httpStatus: 400 },
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
