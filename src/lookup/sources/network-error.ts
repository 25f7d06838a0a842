import { codeOf } from '../../lib/error-code.ts';
import { LookupError } from '../errors.ts';

/** Words for the codes that people meet; another code stands for itself. */
const CAUSES: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'the host name is not known'],
  ['EAI_AGAIN', 'the host name could not be resolved for now'],
  ['ECONNRESET', 'the connection was cut'],
  ['EPIPE', 'the connection was cut'],
  ['UND_ERR_SOCKET', 'the connection was cut'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection came about in time'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'the answer was cut off'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
]);

/** The host is the configured one, so it may be named. */
export function unreachable(source: string, host: string, error: unknown): LookupError {
  const code = codeOf(error);
  const why = CAUSES.get(code ?? '') ?? code ?? 'the request failed';
  return new LookupError({
    code: 'ERR_SOURCE_UNREACHABLE',
    source,
    message: `could not be reached at ${host}: ${why}`,
    nextStep: 'Check the url, the network and the service from the machine that Rapport runs on.',
    cause: error,
  });
}
