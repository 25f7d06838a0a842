import type { FeedItem } from './feed-event.ts';

/** Tells a browser how long to wait before it comes back, in milliseconds. */
export const SSE_RETRY_MS = 3000;

/** The first bytes of a stream. */
export const SSE_PREAMBLE: string = `retry: ${SSE_RETRY_MS}\n\n`;

/**
 * One item as a server-sent event. `data` is one line of JSON, which cannot hold a line break; the
 * event's name is cleaned of them, since it is part of the framing.
 */
export function toServerSentEvent(item: FeedItem): string {
  switch (item.kind) {
    case 'heartbeat':
      return ': heartbeat\n\n';
    case 'gap':
      return framed(item.id, 'gap', { missed: item.missed ?? null });
    case 'event': {
      const { conversationId, n, kind, body, at } = item.event;
      return framed(item.id, kind, { conversationId, n, kind, at, body });
    }
  }
}

/** Reads `Last-Event-ID` of one conversation's stream; anything but a number is as good as none. */
export function parseLastEventNumber(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function framed(id: string, name: string, data: unknown): string {
  return `id: ${id}\nevent: ${name.replaceAll(/[\r\n]/g, ' ')}\ndata: ${JSON.stringify(data)}\n\n`;
}
