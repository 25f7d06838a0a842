import { createHmac, createSecretKey } from 'node:crypto';
import type { Digest } from '../../domain/attribute-entry.ts';
import type { ParticipantId } from '../../domain/ids.ts';

/** Names a value on one participant without telling it. */
export type Digester = (participantId: ParticipantId, key: string, value: string) => Digest;

/** 128 bits: a chance match among a conversation's few values is out of the question. */
const DIGEST_BYTES = 16;

/**
 * Digests under the installation's own secret, so that somebody who reads the ledger cannot try
 * values out. Participant and key go in with their lengths: no two triples share one input.
 */
export function createDigester(secret: string | Uint8Array): Digester {
  // Given the bytes, each digest would make a key of them anew, which takes longer than the digest.
  const secretKey = createSecretKey(Buffer.from(secret));
  return (participantId, key, value) =>
    createHmac('sha256', secretKey)
      .update(`${participantId.length}:${participantId}${key.length}:${key}`)
      .update(value)
      .digest()
      .subarray(0, DIGEST_BYTES)
      .toString('base64url');
}
