import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';

/**
 * Creates a source of UUIDv7 texts: sortable by creation time, so rows that are written together
 * lie together in an index. `bytes` gives that many random bytes; a seeded one makes a run repeatable.
 */
export function createIdSource(
  clock: Clock,
  bytes: (count: number) => Uint8Array = pooledBytes(),
): () => string {
  return () => {
    const id = Buffer.from(bytes(16));
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
  const copy = Buffer.from(bytes);
  copy[6] = ((copy[6] ?? 0) & 0x0f) | (version << 4);
  copy[8] = ((copy[8] ?? 0) & 0x3f) | 0x80;
  const hex = copy.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Random bytes that are fetched this many at a time: a call to the source costs more than its bytes. */
const POOL_BYTES = 4096;

/** Random bytes, each given once. */
function pooledBytes(): (count: number) => Uint8Array {
  let pool = Buffer.alloc(0);
  return (count) => {
    if (pool.length < count) pool = randomBytes(Math.max(POOL_BYTES, count));
    const given = pool.subarray(0, count);
    pool = pool.subarray(count);
    return given;
  };
}
