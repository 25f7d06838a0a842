import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RapportError, messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { JwtBearerAuth } from './auth-options.ts';
import type { TokenEndpoint } from './token-endpoint.ts';
import type { Grant } from './token-source.ts';

export interface JwtBearerContext {
  readonly endpoint: TokenEndpoint;
  /** Default audience: the token endpoint. */
  readonly tokenUrl: string;
  readonly clock: Clock;
  readonly newId: () => string;
}

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** Life of an assertion, in seconds. It is used at once; the rest is for clocks that differ. */
const ASSERTION_SECONDS = 300;
/** RSA keys below this are refused (NIST SP 800-131A), in bits. */
const MIN_RSA_BITS = 2048;

/**
 * A JWT that is signed with the client's private key (RFC 7523), in exchange for a token. The key is
 * read again for each token, so that a new one is taken up without a restart.
 */
export function createJwtBearerGrant(auth: JwtBearerAuth, context: JwtBearerContext): Grant {
  return {
    type: auth.type,
    async issue(signal) {
      const key = await readPrivateKey(auth, signal);
      const assertion = await signAssertion(auth, key, context);
      return context.endpoint.request({
        form: {
          grant_type: GRANT_TYPE,
          assertion,
          client_id: auth.clientId,
          ...(auth.scope === undefined ? {} : { scope: auth.scope }),
        },
        signal,
      });
    },
  };
}

async function signAssertion(
  auth: JwtBearerAuth,
  key: KeyObject,
  context: JwtBearerContext,
): Promise<string> {
  const { SignJWT } = await import('jose');
  const issuedAt = Math.floor(context.clock.wallMs() / 1000);
  return new SignJWT()
    .setProtectedHeader({
      alg: auth.algorithm,
      typ: 'JWT',
      ...(auth.keyId === undefined ? {} : { kid: auth.keyId }),
    })
    .setIssuer(auth.clientId)
    .setSubject(auth.subject ?? auth.clientId)
    .setAudience(auth.audience ?? context.tokenUrl)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ASSERTION_SECONDS)
    .setJti(context.newId())
    .sign(key);
}

/** @throws {RapportError} when there is none, or none that can sign */
export async function readPrivateKey(auth: JwtBearerAuth, signal: AbortSignal): Promise<KeyObject> {
  const where = auth.privateKeyPath ?? 'privateKey';
  let pem: string;
  try {
    pem = auth.privateKey ?? (await readFile(where, { encoding: 'utf8', signal }));
  } catch (error) {
    throw keyError(`the private key cannot be read from ${where}: ${messageOf(error)}`, error);
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    // The parser's message tells of the format only, never of the key.
    throw keyError(`${where} holds no private key in PEM form: ${messageOf(error)}`, error);
  }
  if (!fits(key, auth.algorithm)) {
    const found = key.asymmetricKeyType ?? 'unknown';
    throw keyError(`${where} holds a key of type ${found}, which cannot sign ${auth.algorithm}`);
  }
  return key;
}

function fits(key: KeyObject, algorithm: JwtBearerAuth['algorithm']): boolean {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  return algorithm === 'ES256'
    ? key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1'
    : key.asymmetricKeyType === 'rsa' && modulusLength >= MIN_RSA_BITS;
}

function keyError(message: string, cause?: unknown): RapportError {
  return new RapportError({
    code: 'ERR_GENESYS_PRIVATE_KEY',
    message,
    nextStep: `Give a PEM file without a passphrase: RSA of ${MIN_RSA_BITS} bits or more for RS256, P-256 for ES256; the process must be allowed to read it.`,
    cause,
  });
}
