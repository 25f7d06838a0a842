import { createHmac, createSecretKey } from 'node:crypto';
import type { Digest } from '../../domain/attribute-entry.ts';
import type { ParticipantId } from '../../domain/ids.ts';

/** Names a value on one participant without telling it. */
export type Digester = (participantId: ParticipantId, key: string, value: string) => Digest;

/** In base64url, 132 bits: a chance match among a conversation's few values is out of the question. */
const DIGEST_LENGTH = 22;

/**
 * Digests under the installation's own secret, so that somebody who reads the ledger cannot try
 * values out. Participant and key go in with their lengths: no two triples share one input.
 */
export function createDigester(secret: string | Uint8Array): Digester {
  // Given the bytes, each digest would make a key of them anew, which takes longer than the digest.
  const secretKey = createSecretKey(Buffer.from(secret));
  return (participantId, key, value) =>
    createHmac('sha256', secretKey)
      .update(`${participantId.length}:${participantId}${key.length}:${key}${value}`)
      // As text at once: a buffer for the bytes would cost as much as the digest.
      .digest('base64url')
      .slice(0, DIGEST_LENGTH);
}
