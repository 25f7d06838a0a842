import { messageOf } from '../../domain/errors.ts';
import type { GenesysClient } from '../../genesys/client.ts';
import type { Log } from '../../lib/log.ts';

/**
 * Signs in while the rest of the service starts, so that the first conversation does not wait for it.
 * The service starts without a platform too; whatever needs a token asks for it again.
 */
export function signInAhead(client: Pick<GenesysClient, 'signIn'>, log: Log): Disposable {
  const stop = new AbortController();
  client.signIn(stop.signal).catch((error: unknown) => {
    if (stop.signal.aborted) return;
    log.warn('genesys.sign-in.failed', { message: messageOf(error) });
  });
  return { [Symbol.dispose]: () => stop.abort(new Error('the service is stopping')) };
}
