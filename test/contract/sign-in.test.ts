import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/index.ts';
import { ManualClock } from '../../src/lib/manual-clock.ts';
import { rejectionOf, SdkClient } from './sdk-client.ts';
import { setStage } from './stage.ts';

describe('the official SDK signs in', () => {
  it('with client credentials, and learns who it is', async () => {
    await using stage = await setStage();
    const me = await stage.sdk.tokens.getTokensMe();
    expect(me.OAuthClient).toMatchObject({
      id: 'rapport-demo',
      authorizedGrantType: 'CLIENT-CREDENTIALS',
    });
    expect(me.organization?.id).toBe(stage.emulator.control.world().organization.id);
    // An answer without a body: what counts is that it is no rejection.
    await stage.sdk.tokens.headTokensMe();
  });

  it('behind a gateway that puts prefixes before the paths', async () => {
    await using emulator = await startEmulator();
    const sdk = new SdkClient(emulator, { login: 'eu/login', api: '/eu/api-gateway' });
    await sdk.signIn();
    await expect(sdk.organization.getOrganizationsMe()).resolves.toHaveProperty('id');
  });

  it.for([
    ['rapport-demo', 'wrong'],
    ['nobody', 'rapport-demo-secret'],
    ['', ''],
  ] as const)('in vain as %j with secret %j: 400 invalid_client', async ([id, secret]) => {
    await using emulator = await startEmulator();
    const error = await rejectionOf(
      new SdkClient(emulator).api.loginClientCredentialsGrant(id, secret),
    );
    expect(error).toMatchObject({
      response: {
        status: 400,
        data: {
          error: 'invalid_client',
          description: 'authentication failed',
          error_description: 'authentication failed',
        },
      },
    });
  });

  it('and is refused with 401 once its token is revoked, expired or missing', async () => {
    const clock = new ManualClock();
    await using stage = await setStage({ clock });
    await stage.sdk.tokens.deleteTokensMe();
    expect(await rejectionOf(stage.sdk.tokens.getTokensMe())).toMatchObject({ status: 401 });

    await stage.sdk.signIn();
    await clock.advance(25 * 3_600_000);
    expect(await rejectionOf(stage.sdk.tokens.getTokensMe())).toMatchObject({ status: 401 });

    stage.sdk.api.setAccessToken('');
    expect(await rejectionOf(stage.sdk.tokens.getTokensMe())).toMatchObject({
      status: 401,
      code: 'authentication.required',
    });
  });

  it('and may not ask for a user that a client is not', async () => {
    await using stage = await setStage();
    expect(await rejectionOf(stage.sdk.users.getUsersMe())).toMatchObject({
      status: 400,
      code: 'not.a.user',
    });
  });
});
