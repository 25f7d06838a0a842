import { textTable, type Column } from '../../lib/text-table.ts';
import type { Paint } from './io.ts';

/** A column by its title alone is aligned left. */
export type Heading = string | Column;

/** A table whose headings stand back behind what it says. */
export function table(
  headings: readonly Heading[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const columns = headings.map((heading) =>
    typeof heading === 'string' ? { title: heading } : heading,
  );
  return textTable(
    columns.map((column) => ({ ...column, title: paint('dim', column.title) })),
    rows,
  );
}

/** The same of what was asked for; `nothing` instead of bare headings. */
export function listed(
  headings: readonly Heading[],
  rows: readonly (readonly string[])[],
  { paint, nothing }: { readonly paint: Paint; readonly nothing: string },
): string {
  return rows.length === 0 ? nothing : table(headings, rows, paint);
}

/** A column of numbers. */
export const right = (title: string): Column => ({ title, align: 'right' });
