import { describe, expect, it } from 'vitest';
import { createGenesysClient, type GenesysClient } from '../../genesys/client.ts';
import { genesysOptionsSchema } from '../../genesys/options.ts';
import { silentLog, type Log } from '../../lib/log.ts';
import { startScriptedPlatform, TOKEN_ANSWER } from '../../../test/fixtures/scripted-platform.ts';
import { signInAhead } from './sign-in-ahead.ts';

function clientOf(url: string): GenesysClient {
  const auth = { type: 'client-credentials', clientId: 'id', clientSecret: 'secret' };
  return createGenesysClient({ config: genesysOptionsSchema.parse({ apiUrl: url, auth }) });
}

describe('signInAhead', () => {
  it('signs in before anybody asks the platform for something', async () => {
    const asked = Promise.withResolvers<void>();
    await using platform = await startScriptedPlatform({
      api: () => ({}),
      login(_request, nth) {
        asked.resolve();
        return TOKEN_ANSWER(nth);
      },
    });
    await using client = clientOf(platform.url);
    using signingIn = new DisposableStack();
    signingIn.use(signInAhead(client, silentLog));
    await asked.promise;
    expect(platform.requests).toEqual([]);
  });

  it('says that nobody answers, and throws nothing', async () => {
    const warned = Promise.withResolvers<unknown>();
    const log: Log = { ...silentLog, warn: (event, fields) => warned.resolve([event, fields]) };
    // Port 1 is reserved, and nothing listens on it.
    await using client = clientOf('http://127.0.0.1:1');
    using signingIn = new DisposableStack();
    signingIn.use(signInAhead(client, log));
    await expect(warned.promise).resolves.toEqual([
      'genesys.sign-in.failed',
      { message: expect.stringContaining('ECONNREFUSED') },
    ]);
  });

  it('leaves a sign-in that nobody waits for any more without a word', async () => {
    const asked = Promise.withResolvers<void>();
    const warnings: string[] = [];
    await using platform = await startScriptedPlatform({
      api: () => ({}),
      login() {
        asked.resolve();
        return { silent: true };
      },
    });
    {
      await using client = clientOf(platform.url);
      using signingIn = new DisposableStack();
      const log: Log = { ...silentLog, warn: (event) => void warnings.push(event) };
      signingIn.use(signInAhead(client, log));
      await asked.promise;
    }
    expect(warnings).toEqual([]);
  });
});
