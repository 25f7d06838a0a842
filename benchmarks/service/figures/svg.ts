/** In pixels from the upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

interface Stroke {
  readonly colour: string;
  readonly width: number;
  readonly dashes?: string | undefined;
}

export function line(points: readonly Point[], { colour, width, dashes }: Stroke): string {
  const path = points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const dash = dashes === undefined ? '' : ` stroke-dasharray="${dashes}"`;
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${width}"${dash} stroke-linejoin="round"/>`;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

export function rectangle({ x, y }: Point, { width, height }: Size, colour: string): string {
  return `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" fill="${colour}"/>`;
}

interface TextStyle {
  readonly anchor?: 'middle' | 'end' | undefined;
  readonly colour?: string | undefined;
  readonly weight?: number | undefined;
}

/** With a white rim, so that it can be read over lines and bars. */
export function text({ x, y }: Point, content: string, style: TextStyle = {}): string {
  const { anchor = 'start', colour = '#1f2328', weight = 400 } = style;
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${colour}" font-weight="${weight}" stroke="#ffffff" stroke-width="3" paint-order="stroke">${escaped}</text>`;
}
