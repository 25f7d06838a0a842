import type { RawData } from 'ws';

/** The text of a WebSocket message, in whatever pieces `ws` hands it over. */
export function textOfSocket(data: RawData): string {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer);
  return bytes.toString('utf8');
}
