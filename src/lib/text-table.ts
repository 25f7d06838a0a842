import { stripVTControlCharacters } from 'node:util';

export interface Column {
  readonly title: string;
  /** @defaultValue `left` */
  readonly align?: 'left' | 'right' | undefined;
}

/** Two spaces between columns; the last one is not padded. Colours in cells do not count as width. */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => widthOf(line[index] ?? ''))),
  );
  const render = (line: readonly string[]): string =>
    columns
      .map((column, index) => pad(line[index] ?? '', widths[index] ?? 0, column.align ?? 'left'))
      .join('  ')
      .trimEnd();
  return lines.map(render).join('\n');
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const fill = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? fill + text : text + fill;
}

/** Characters as a person counts them; control sequences count as none. */
export function widthOf(text: string): number {
  return [...new Intl.Segmenter().segment(stripVTControlCharacters(text))].length;
}
