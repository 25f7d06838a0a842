import type { Emulator } from '../../src/emulator/index.ts';
import type { Stage } from './service-stage.ts';

const REDIRECT = 'http://127.0.0.1/callback';

/** An agent's own access token, as the desktop gets it: authorization code with PKCE. */
export async function tokenOf({ loginUrl }: Emulator, name: string): Promise<string> {
  const verifier = 'v'.repeat(43);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const client = { client_id: 'rapport-demo-web', redirect_uri: REDIRECT };
  const query = new URLSearchParams({
    ...client,
    response_type: 'code',
    code_challenge: Buffer.from(digest).toString('base64url'),
    code_challenge_method: 'S256',
  });
  const url = `${loginUrl}/oauth/authorize?${query.toString()}`;
  const page = await (await fetch(url)).text();
  const user = new RegExp(`value="([^"]+)">${name}<`).exec(page)?.[1] ?? '';
  const form = new URLSearchParams({ user });
  const back = await fetch(url, { method: 'POST', body: form, redirect: 'manual' });
  const code = new URL(back.headers.get('location') ?? '').searchParams.get('code') ?? '';
  const grant = { ...client, grant_type: 'authorization_code', code, code_verifier: verifier };
  const answer = await fetch(`${loginUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams(grant),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

export type Ask = (path: string, body?: object) => Promise<Response>;

/** Asks the service with that token. */
export const asking =
  (stage: Stage, token: string): Ask =>
  (path, body) =>
    fetch(`${stage.service.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

export const withAgents = (config: Record<string, unknown>): Record<string, unknown> => ({
  ...config,
  access: { agents: true },
});
