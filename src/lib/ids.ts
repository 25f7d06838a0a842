import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';

/**
 * Creates a source of UUIDv7 texts: sortable by creation time, so rows that are written together
 * lie together in an index. `bytes` gives that many random bytes; a seeded one makes a run repeatable.
 */
export function createIdSource(
  clock: Clock,
  bytes: (count: number) => Uint8Array = randomBytes,
): () => string {
  return () => {
    const id = new Uint8Array(16);
    id.set(bytes(16));
    let ms = Math.floor(clock.wallMs());
    for (let i = 5; i >= 0; i--) {
      id[i] = ms % 256;
      ms = Math.floor(ms / 256);
    }
    return formatUuid(id, 7);
  };
}

/** Formats 16 bytes as UUID text of the given version (RFC 9562, variant 10). */
export function formatUuid(bytes: Uint8Array, version: 4 | 7): string {
  const copy = Uint8Array.from(bytes);
  copy[6] = ((copy[6] ?? 0) & 0x0f) | (version << 4);
  copy[8] = ((copy[8] ?? 0) & 0x3f) | 0x80;
  const hex = Buffer.from(copy).toString('hex');
  return [8, 12, 16, 20, 32].map((end, i) => hex.slice([0, 8, 12, 16, 20][i], end)).join('-');
}
