import { createPublicKey, type KeyObject } from 'node:crypto';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { ClientState } from '../oauth/clients.ts';

/** Longest life of an assertion, in seconds. */
const MAX_LIFE_SECONDS = 3600;
/** How far a client's clock may be from ours, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 10;

export type AssertionVerdict =
  | { readonly kind: 'good' }
  /** The client has no key to check anything against. */
  | { readonly kind: 'no-key' }
  | { readonly kind: 'bad'; readonly why: string };

/**
 * Checks a signed assertion as RFC 7523 section 3 has it: signed by the client's key, issued by the
 * client about somebody, for a token endpoint, and alive for an hour at most.
 *
 * @param nowMs epoch milliseconds by the emulator's clock
 */
export async function checkAssertion(
  assertion: string,
  client: ClientState,
  nowMs: number,
): Promise<AssertionVerdict> {
  if (client.publicKey === undefined) return { kind: 'no-key' };
  const key = createPublicKey(client.publicKey);
  try {
    const { payload } = await jwtVerify(assertion, key, {
      algorithms: algorithmsOf(key),
      issuer: client.id,
      currentDate: new Date(nowMs),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp', 'sub', 'aud'],
    });
    const why = claimProblem(payload, nowMs);
    return why === undefined ? { kind: 'good' } : { kind: 'bad', why };
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    return { kind: 'bad', why: whyRefused(error) };
  }
}

/** An algorithm that does not go with the key is refused, whatever the header says. */
function algorithmsOf(key: KeyObject): string[] {
  return key.asymmetricKeyType === 'ec' ? ['ES256'] : ['RS256', 'RS384', 'RS512'];
}

function claimProblem({ aud, exp }: JWTPayload, nowMs: number): string | undefined {
  const latest = nowMs / 1000 + MAX_LIFE_SECONDS + CLOCK_TOLERANCE_SECONDS;
  if (exp !== undefined && exp > latest) return 'it lives longer than an hour';
  const audiences = typeof aud === 'string' ? [aud] : (aud ?? []);
  return audiences.some(isTokenEndpoint) ? undefined : 'its aud names no token endpoint';
}

/** By the path alone: the emulator cannot know under which host it was reached. */
const isTokenEndpoint = (audience: string): boolean =>
  URL.parse(audience)?.pathname.endsWith('/oauth/token') === true;

function whyRefused(error: InstanceType<typeof errors.JOSEError>): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `its ${error.claim} is not right`;
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return 'its signature is not of the key that is registered for the client';
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return 'its algorithm does not go with the key that is registered for the client';
  }
  return 'it is no signed JWT';
}
