import type { RawData } from 'ws';
import { isFields, type Fields } from './fields.ts';

/** The text of a WebSocket message, in whatever pieces `ws` hands it over. */
export function textOfSocket(data: RawData): string {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer);
  return bytes.toString('utf8');
}

/** What a client said as JSON. Anything else is an empty object: it is answered, not thrown at the socket. */
export function parseFields(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : {};
  } catch {
    return {};
  }
}
