import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_SEED,
  DEFAULT_USER_PASSWORD,
  startEmulator,
  type Emulator,
} from '../index.ts';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const OTHER = generateKeyPairSync('rsa', { modulusLength: 2048 });
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

/** @param publicKey registered for the default client */
function start(publicKey?: KeyObject): Promise<Emulator> {
  const clients = DEFAULT_SEED.clients.map((client) => ({
    ...client,
    publicKey: publicKey && pemOf(publicKey),
  }));
  return startEmulator({ profile: 'tutorials', organization: { clients } });
}

async function ask(
  { loginUrl }: Emulator,
  form: Readonly<Record<string, string>>,
): Promise<readonly [number, unknown]> {
  const body = new URLSearchParams({ client_id: DEFAULT_CLIENT_ID, ...form });
  const answer = await fetch(`${loginUrl}/oauth/token`, { method: 'POST', body });
  return [answer.status, await answer.json()];
}

const claimsOf = ({ loginUrl, clock }: Emulator): JWTPayload => ({
  iss: DEFAULT_CLIENT_ID,
  sub: DEFAULT_CLIENT_ID,
  aud: `${loginUrl}/oauth/token`,
  exp: Math.floor(clock.wallMs() / 1000) + 300,
});

const without = (claims: JWTPayload, name: string): JWTPayload =>
  Object.fromEntries(Object.entries(claims).filter(([claim]) => claim !== name));

const sign = (claims: JWTPayload, key: KeyObject, alg = 'RS256'): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT' }).sign(key);

describe('a signed assertion', () => {
  it('of the registered RSA key is exchanged for a token', async () => {
    await using emulator = await start(RSA.publicKey);
    const assertion = await sign(claimsOf(emulator), RSA.privateKey);
    const [status, body] = await ask(emulator, { grant_type: JWT_BEARER, assertion });
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ token_type: 'bearer', expires_in: 86_399 }),
    ]);
  });

  it('of a registered P-256 key is taken as well', async () => {
    await using emulator = await start(EC.publicKey);
    const assertion = await sign(claimsOf(emulator), EC.privateKey, 'ES256');
    expect((await ask(emulator, { grant_type: JWT_BEARER, assertion }))[0]).toBe(200);
  });

  it('is refused while no public key is registered', async () => {
    await using emulator = await start();
    const assertion = await sign(claimsOf(emulator), RSA.privateKey);
    expect(await ask(emulator, { grant_type: JWT_BEARER, assertion })).toEqual([
      400,
      expect.objectContaining({
        error: 'invalid_client',
        error_description: 'no public key is registered for the client',
      }),
    ]);
  });

  const forged: readonly (readonly [
    string,
    RegExp,
    (claims: JWTPayload) => Promise<string> | string,
  ])[] = [
    ['another key signed it', /signature/, (claims) => sign(claims, OTHER.privateKey)],
    ['nobody signed it', /algorithm/, (claims) => new UnsecuredJWT(claims).encode()],
    [
      'it has expired',
      /expired/,
      (claims) => sign({ ...claims, exp: Number(claims.exp) - 400 }, RSA.privateKey),
    ],
    [
      'it is to live for longer than an hour',
      /longer than an hour/,
      (claims) => sign({ ...claims, exp: Number(claims.exp) + 4000 }, RSA.privateKey),
    ],
    [
      'it holds from tomorrow on',
      /nbf/,
      (claims) => sign({ ...claims, nbf: Number(claims.exp) + 86_400 }, RSA.privateKey),
    ],
    [
      'another client issued it',
      /iss/,
      (claims) => sign({ ...claims, iss: 'somebody' }, RSA.privateKey),
    ],
    [
      'it is meant for somebody else',
      /aud/,
      (claims) => sign({ ...claims, aud: 'https://example.com/api' }, RSA.privateKey),
    ],
    ['it speaks of nobody', /sub/, (claims) => sign(without(claims, 'sub'), RSA.privateKey)],
    ['it never ends', /exp/, (claims) => sign(without(claims, 'exp'), RSA.privateKey)],
    ['it is no JWT', /no signed JWT/, () => 'hello'],
    ['it is missing', /no signed JWT/, () => ''],
  ];

  it.each(forged)('is refused when %s', async (_what, why, make) => {
    await using emulator = await start(RSA.publicKey);
    const assertion = await make(claimsOf(emulator));
    expect(await ask(emulator, { grant_type: JWT_BEARER, assertion })).toEqual([
      400,
      expect.objectContaining({
        error: 'invalid_grant',
        error_description: expect.stringMatching(why),
      }),
    ]);
  });

  it('needs a key that can sign one: another is refused when it is registered', async () => {
    const publicKey = pemOf(generateKeyPairSync('ed25519').publicKey);
    const clients = [{ id: 'c', secret: 's', publicKey }];
    await expect(startEmulator({ organization: { clients } })).rejects.toMatchObject({
      code: 'ERR_EMULATOR_SEED',
      message: expect.stringContaining('ed25519'),
    });
  });
});

describe('a user’s password', () => {
  const ada = { grant_type: 'password', client_secret: DEFAULT_CLIENT_SECRET };

  it('is exchanged for the user’s token', async () => {
    await using emulator = await start();
    const form = { ...ada, username: 'ada.agent@example.com', password: DEFAULT_USER_PASSWORD };
    expect((await ask(emulator, form))[0]).toBe(200);
  });

  it.each([
    ['is wrong', 'ada.agent@example.com', 'guess'],
    ['is empty', 'ada.agent@example.com', ''],
    ['is another user’s name', 'nobody@example.com', DEFAULT_USER_PASSWORD],
    ['belongs to a user who has none', 'no.password@example.com', ''],
  ])(
    'is refused when it %s, and not told which of the two is wrong',
    async (_what, username, password) => {
      await using emulator = await start();
      emulator.control.addUser({ name: 'No Password' });
      expect(await ask(emulator, { ...ada, username, password })).toEqual([
        400,
        expect.objectContaining({
          error: 'invalid_grant',
          error_description: 'username or password is wrong',
        }),
      ]);
    },
  );

  it('is worth nothing without the client’s secret', async () => {
    await using emulator = await start();
    const form = { username: 'ada.agent@example.com', password: DEFAULT_USER_PASSWORD };
    expect(await ask(emulator, { ...ada, ...form, client_secret: 'wrong' })).toEqual([
      400,
      expect.objectContaining({ error: 'invalid_client' }),
    ]);
  });
});
