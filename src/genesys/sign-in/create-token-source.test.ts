import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Log } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { WireError, type Wire, type WireAnswer, type WireRequest } from '../transport/wire.ts';
import { authSchema, type AuthOptions } from './auth-options.ts';
import { createAuthorization } from './authorization-code.ts';
import { createTokenSource } from './create-token-source.ts';
import type { TokenSource } from './token-source.ts';

interface Login {
  readonly wire: Wire;
  readonly requests: WireRequest[];
  /** The form of each request. */
  readonly forms: Record<string, string>[];
}

type Script = (nth: number) => {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
};

/** A login that answers as the test says; by default with a new token that lives for a day. */
function scriptLogin(script: Script = () => ({})): Login {
  const requests: WireRequest[] = [];
  const forms: Record<string, string>[] = [];
  const wire = async (request: WireRequest): Promise<WireAnswer> => {
    requests.push(request);
    forms.push(Object.fromEntries(new URLSearchParams(request.body)));
    const nth = requests.length;
    const { status = 200, body, headers = {} } = script(nth);
    const token = { access_token: `token-${nth}`, token_type: 'bearer', expires_in: 86_400 };
    return {
      status,
      headers: new Map(Object.entries(headers)),
      body: Buffer.from(JSON.stringify(body ?? token)),
    };
  };
  return { wire, requests, forms };
}

const unreachableWire: Wire = async () => {
  throw new WireError('unreachable', { isSent: false, message: 'login.example: ENOTFOUND' });
};

const silentWire: Wire = (request) =>
  new Promise((_resolve, reject) => {
    request.signal.addEventListener('abort', () =>
      reject(new WireError('aborted', { isSent: true, message: 'stopped' })),
    );
  });

function createSource(
  auth: AuthOptions,
  login: Login,
  parts: { clock?: ManualClock; log?: Log; onRefreshToken?: (token: string) => void } = {},
): TokenSource {
  const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
  return createTokenSource(authSchema.parse(auth), {
    loginUrl: 'https://login.example',
    timeoutMs: 1_000,
    wire: login.wire,
    clock: parts.clock ?? new ManualClock(),
    random: () => 0.5,
    log: parts.log ?? silent,
    onRefreshToken: parts.onRefreshToken,
  });
}

const service: AuthOptions = { type: 'client-credentials', clientId: 'id', clientSecret: 'secret' };
const pem = (key: { export(options: { type: 'pkcs8'; format: 'pem' }): string | Buffer }): string =>
  key.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('createTokenSource', () => {
  it('sends a scope where one is configured', async () => {
    const login = scriptLogin();
    await createSource({ ...service, scope: 'conversations' }, login).get();
    expect(login.forms).toEqual([{ grant_type: 'client_credentials', scope: 'conversations' }]);
  });

  it('fetches one token for any number of callers', async () => {
    const login = scriptLogin();
    const source = createSource(service, login);
    const tokens = await Promise.all(Array.from({ length: 50 }, () => source.get()));
    expect(new Set(tokens.map(({ value }) => value))).toEqual(new Set(['token-1']));
    expect(login.requests).toHaveLength(1);
  });

  it('lets one caller stop waiting without disturbing the others', async () => {
    const login = scriptLogin();
    const source = createSource(service, login);
    const controller = new AbortController();
    const stopped = source.get(controller.signal);
    const other = source.get();
    controller.abort(new Error('gone'));
    await expect(stopped).rejects.toThrow('gone');
    expect((await other).value).toBe('token-1');
  });

  it('renews early, by what expires_in says, while the old token still serves', async () => {
    const clock = new ManualClock();
    const login = scriptLogin();
    const source = createSource(service, login, { clock });
    await source.get();
    await clock.advance((86_400 - 300) * 1000 - 1);
    expect((await source.get()).value).toBe('token-1');
    expect(login.requests).toHaveLength(1);
    await clock.advance(1);
    expect((await source.get()).value).toBe('token-1');
    await clock.advance(0);
    expect((await source.get()).value).toBe('token-2');
    expect(login.requests).toHaveLength(2);
  });

  it('goes on with the old token while a renewal fails, and waits for one when it has ended', async () => {
    const clock = new ManualClock();
    const login = scriptLogin((nth) => (nth === 1 || nth > 4 ? {} : { status: 503 }));
    const source = createSource(service, login, { clock });
    await source.get();
    await clock.advance((86_400 - 200) * 1000);
    expect((await source.get()).value).toBe('token-1');
    await clock.advance(10_000);
    expect(login.requests).toHaveLength(4);
    expect((await source.get()).value).toBe('token-1');
    await clock.advance(200_000);
    expect((await source.get()).value).toBe('token-5');
  });

  it('forgets a refused token, though not the one that replaced it', async () => {
    const login = scriptLogin();
    const source = createSource(service, login);
    const first = await source.get();
    source.refuse(first);
    expect((await source.get()).value).toBe('token-2');
    source.refuse(first);
    expect((await source.get()).value).toBe('token-2');
  });

  it('renews after a 403 at most once a minute', async () => {
    const clock = new ManualClock();
    const source = createSource(service, scriptLogin(), { clock });
    expect(source.renewAfterForbidden(await source.get())).toBe(false);
    await clock.advance(60_000);
    const old = await source.get();
    expect(source.renewAfterForbidden(old)).toBe(true);
    const fresh = await source.get();
    expect(fresh.value).toBe('token-2');
    // A caller who still has the old one may try with the new one.
    expect(source.renewAfterForbidden(old)).toBe(true);
    expect(source.renewAfterForbidden(fresh)).toBe(false);
    await clock.advance(59_999);
    expect(source.renewAfterForbidden(fresh)).toBe(false);
    await clock.advance(1);
    expect(source.renewAfterForbidden(fresh)).toBe(true);
  });

  it.each([
    ['a body that is no JSON object', { body: 'hello' }],
    ['a token that cannot stand in a header', { body: { access_token: 'a\r\nb: c' } }],
    ['no token', { body: { token_type: 'bearer' } }],
    ['a page that is not there', { status: 404, body: {} }],
  ])('refuses %s', async (_name, answer) => {
    await expect(
      createSource(
        service,
        scriptLogin(() => answer),
      ).get(),
    ).rejects.toMatchObject({
      code: 'ERR_GENESYS_SIGN_IN_REFUSED',
    });
  });

  it('honours Retry-After of the login, and gives up after three tries', async () => {
    const clock = new ManualClock();
    const login = scriptLogin(() => ({ status: 429, headers: { 'retry-after': '2' } }));
    const token = createSource(service, login, { clock }).get();
    token.catch(() => undefined);
    await clock.advance(1_999);
    expect(login.requests).toHaveLength(1);
    await clock.advance(10_000);
    await expect(token).rejects.toMatchObject({
      code: 'ERR_GENESYS_SIGN_IN_UNAVAILABLE',
      retryable: true,
    });
    expect(login.requests).toHaveLength(3);
  });

  it('says what was unreachable', async () => {
    const clock = new ManualClock();
    const login = scriptLogin();
    const token = createSource(service, { ...login, wire: unreachableWire }, { clock }).get();
    token.catch(() => undefined);
    await clock.advance(60_000);
    await expect(token).rejects.toMatchObject({
      code: 'ERR_GENESYS_SIGN_IN_UNAVAILABLE',
      message: expect.stringContaining('ENOTFOUND'),
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('signs a JWT with an RSA key from a file, read anew for each token', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rapport-key-'));
    const privateKeyPath = join(folder, 'key.pem');
    const keys = [
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ] as const;
    const clock = new ManualClock();
    const login = scriptLogin();
    const source = createSource(
      { type: 'jwt-bearer', clientId: 'id', privateKeyPath, keyId: 'k1', scope: 's' },
      login,
      { clock },
    );
    for (const [index, { privateKey, publicKey }] of keys.entries()) {
      await writeFile(privateKeyPath, pem(privateKey));
      source.refuse(await source.get());
      const form = login.forms[index];
      expect(form).toMatchObject({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        client_id: 'id',
        scope: 's',
      });
      const { payload, protectedHeader } = await jwtVerify(form?.['assertion'] ?? '', publicKey, {
        issuer: 'id',
        subject: 'id',
        audience: 'https://login.example/oauth/token',
        currentDate: new Date(clock.wallMs()),
      });
      expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' });
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
    }
    await rm(folder, { recursive: true });
  });

  it('signs a JWT with a P-256 key given as text', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const clock = new ManualClock();
    const login = scriptLogin();
    const auth = {
      type: 'jwt-bearer',
      clientId: 'id',
      privateKey: pem(privateKey),
      algorithm: 'ES256',
    } as const;
    await createSource({ ...auth, subject: 'user', audience: 'aud' }, login, { clock }).get();
    await jwtVerify(login.forms[0]?.['assertion'] ?? '', publicKey, {
      subject: 'user',
      audience: 'aud',
      currentDate: new Date(clock.wallMs()),
    });
    expect(login.requests).toHaveLength(1);
  });

  it.each<[string, Partial<Extract<AuthOptions, { type: 'jwt-bearer' }>>]>([
    ['a file that is not there', { privateKeyPath: '/nowhere/key.pem' }],
    ['text that is no key', { privateKey: 'hello' }],
    ['a key of another type', { privateKey: pem(generateKeyPairSync('ed25519').privateKey) }],
    [
      'a short RSA key',
      { privateKey: pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey) },
    ],
  ])('refuses %s, and says what is needed', async (_name, key) => {
    const source = createSource({ type: 'jwt-bearer', clientId: 'id', ...key }, scriptLogin());
    await expect(source.get()).rejects.toMatchObject({
      code: 'ERR_GENESYS_PRIVATE_KEY',
      nextStep: expect.stringContaining('PEM'),
    });
  });

  it('signs a user in by password', async () => {
    const login = scriptLogin();
    const auth = {
      type: 'password',
      clientId: 'id',
      username: 'u@x',
      password: 'p&w',
      scope: 's',
    } as const;
    await createSource(auth, login).get();
    await createSource({ ...auth, clientSecret: 'secret' }, login).get();
    const form = { grant_type: 'password', username: 'u@x', password: 'p&w', scope: 's' };
    expect(login.forms).toEqual([{ ...form, client_id: 'id' }, form]);
    expect(login.requests[1]?.headers['authorization']).toMatch(/^Basic /);
  });

  it('warns once of a grant that the platform does not list', async () => {
    const warnings: string[] = [];
    const log: Log = { debug() {}, info() {}, warn: (event) => warnings.push(event), error() {} };
    const source = createSource(
      { type: 'password', clientId: 'id', username: 'u', password: 'p' },
      scriptLogin(),
      { log },
    );
    source.refuse(await source.get());
    await source.get();
    expect(warnings).toEqual(['genesys.sign-in.grant-not-listed']);
  });

  it('exchanges a code once, then refreshes, and tells of each new refresh token', async () => {
    const kept: string[] = [];
    const login = scriptLogin((nth) => ({
      body: {
        access_token: `t${nth}`,
        expires_in: 3600,
        ...(nth < 3 ? { refresh_token: `r${nth}` } : {}),
      },
    }));
    const source = createSource(
      {
        type: 'authorization-code',
        clientId: 'id',
        clientSecret: 's',
        code: 'c',
        redirectUri: 'https://r',
      },
      login,
      { onRefreshToken: (token) => kept.push(token) },
    );
    for (let i = 0; i < 4; i++) source.refuse(await source.get());
    expect(login.forms).toEqual([
      { grant_type: 'authorization_code', code: 'c', redirect_uri: 'https://r' },
      { grant_type: 'refresh_token', refresh_token: 'r1' },
      { grant_type: 'refresh_token', refresh_token: 'r2' },
      { grant_type: 'refresh_token', refresh_token: 'r2' },
    ]);
    expect(kept).toEqual(['r1', 'r2']);
  });

  it('proves a client without a secret by its PKCE verifier', async () => {
    const { url, codeVerifier } = createAuthorization({
      loginUrl: 'https://login.example',
      clientId: 'id',
      redirectUri: 'https://r',
      state: 'xyz',
      entropy: Buffer.alloc(32, 7),
    });
    expect(new URL(url).searchParams.get('code_challenge_method')).toBe('S256');
    const login = scriptLogin();
    const auth = {
      type: 'authorization-code',
      clientId: 'id',
      code: 'c',
      redirectUri: 'https://r',
    } as const;
    await createSource({ ...auth, codeVerifier }, login).get();
    expect(login.forms[0]).toMatchObject({ client_id: 'id', code_verifier: codeVerifier });
    expect(login.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('uses a given token until it is refused, and then says so', async () => {
    const source = createSource({ type: 'token', token: 'abc' }, scriptLogin());
    const token = await source.get();
    expect(token.value).toBe('abc');
    source.refuse(token);
    await expect(source.get()).rejects.toMatchObject({
      code: 'ERR_GENESYS_TOKEN_EXPIRED',
      nextStep: expect.stringContaining('fresh token'),
    });
  });

  it('ends a sign-in on its way when it is disposed', async () => {
    const login = scriptLogin();
    const clock = new ManualClock();
    const source = createSource(service, { ...login, wire: silentWire }, { clock });
    const token = source.get();
    token.catch(() => undefined);
    await clock.advance(0);
    source[Symbol.dispose]();
    await expect(token).rejects.toThrow('closed');
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('authSchema', () => {
  it.each([
    [{ type: 'client-credentials', clientId: 'id' }],
    [{ type: 'jwt-bearer', clientId: 'id' }],
    [{ type: 'jwt-bearer', clientId: 'id', privateKey: 'a', privateKeyPath: 'b' }],
    [{ type: 'authorization-code', clientId: 'id' }],
    [{ type: 'authorization-code', clientId: 'id', code: 'c', redirectUri: 'r' }],
    [{ type: 'authorization-code', clientId: 'id', clientSecret: 's', code: 'c' }],
    [{ type: 'token' }],
    [{ type: 'kerberos' }],
  ])('refuses %j', (auth) => {
    expect(authSchema.safeParse(auth).success).toBe(false);
  });
});
