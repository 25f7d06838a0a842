import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { RapportError } from '../domain/errors.ts';

/** One key that may do everything. Only its digest is kept. */
export interface ApiKey {
  /** The key itself when it was made here, so that it can be told once. */
  readonly generated: string | undefined;
  /** @throws {RapportError} `ERR_NOT_SIGNED_IN` */
  readonly authorize: (authorization: string | undefined) => void;
}

export function createApiKey(configured: string | undefined): ApiKey {
  const generated =
    configured === undefined ? `rk_${randomBytes(24).toString('base64url')}` : undefined;
  const expected = digest(configured ?? generated ?? '');
  return {
    generated,
    authorize(authorization) {
      const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
      if (given !== undefined && timingSafeEqual(digest(given), expected)) return;
      throw new RapportError({
        code: 'ERR_NOT_SIGNED_IN',
        message: given === undefined ? 'an API key is needed' : 'this API key is not known',
        nextStep:
          'Send the header Authorization: Bearer <key>; the key is RAPPORT_API_KEY, or the one printed at start.',
        details: { httpStatus: 401 },
      });
    },
  };
}

/** Digests have one length, so that comparing them takes one time. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
