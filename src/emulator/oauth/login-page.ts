import { methodNotAllowed, notFound } from '../http/errors.ts';
import type { PageRequest } from '../http/front.ts';
import type { Answer } from '../http/route.ts';
import type { World } from '../world/world.ts';
import type { ClientState } from './clients.ts';
import type { CodeStore } from './code-grant.ts';

export interface LoginParts {
  readonly world: World;
  readonly clients: ReadonlyMap<string, ClientState>;
  readonly codes: CodeStore;
}

/** The pages that a browser sees at sign-in and sign-out. */
export function createLoginPages(parts: LoginParts): (request: PageRequest) => Answer {
  return (request) => {
    switch (request.path) {
      case '/':
        return page('Genesys Cloud, emulated', welcome(parts));
      case '/oauth/authorize':
        return authorize(parts, request);
      case '/logout':
        return logout(parts, request);
      default:
        throw notFound();
    }
  };
}

function authorize(parts: LoginParts, request: PageRequest): Answer {
  const { method, query } = request;
  if (method !== 'GET' && method !== 'POST') throw methodNotAllowed(['GET', 'POST']);
  const client = parts.clients.get(query.get('client_id') ?? '');
  const redirectUri = query.get('redirect_uri') ?? '';
  // An address that is not registered is never redirected to, not even with an error.
  if (client?.grant !== 'authorization_code' || !client.enabled) return refusal('unknown client');
  if (!client.redirectUris.some((known) => matchesRedirect(known, redirectUri))) {
    return refusal('redirect_uri is not registered for this client');
  }
  return signIn(parts, request, { client, redirectUri });
}

/** The page, or once somebody is chosen on it, the way back to the program with a code. */
function signIn(
  parts: LoginParts,
  { method, query, form }: PageRequest,
  { client, redirectUri }: { readonly client: ClientState; readonly redirectUri: string },
): Answer {
  const state = query.get('state');
  const goBack = (values: Record<string, string>): Answer =>
    redirect(redirectUri, state === null ? values : { ...values, state });
  if (query.get('response_type') !== 'code') {
    return goBack({ error: 'unsupported_response_type' });
  }
  const challenge = query.get('code_challenge') ?? undefined;
  if (challenge !== undefined && (query.get('code_challenge_method') ?? 'S256') !== 'S256') {
    return goBack({ error: 'invalid_request' });
  }
  const user = parts.world.users.get(form.get('user') ?? '');
  if (method === 'GET' || user === undefined) return page('Sign in', loginForm(parts, client));
  const scopes = client.scopes;
  const code = parts.codes.issue({ client, userId: user.id, scopes, redirectUri, challenge });
  return goBack({ code });
}

function logout(parts: LoginParts, { query }: PageRequest): Answer {
  const client = parts.clients.get(query.get('client_id') ?? '');
  const redirectUri = query.get('redirect_uri') ?? '';
  const isKnown =
    client?.redirectUris.some((known) => matchesRedirect(known, redirectUri)) ?? false;
  return isKnown ? redirect(redirectUri, {}) : page('Signed out', '<p>You are signed out.</p>');
}

/** As registered, or any port and path of a loopback host that is registered without one. */
export function matchesRedirect(registered: string, given: string): boolean {
  if (registered === given) return true;
  if (!URL.canParse(registered) || !URL.canParse(given)) return false;
  const known = new URL(registered);
  const asked = new URL(given);
  const isLoopback = known.hostname === 'localhost' || known.hostname === '127.0.0.1';
  return (
    isLoopback &&
    known.port === '' &&
    known.pathname === '/' &&
    known.protocol === asked.protocol &&
    known.hostname === asked.hostname
  );
}

function redirect(to: string, values: Readonly<Record<string, string>>): Answer {
  const url = new URL(to);
  for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
  return { status: 302, headers: { location: url.href, 'cache-control': 'no-store' } };
}

function loginForm({ world }: LoginParts, client: ClientState): string {
  const buttons = [...world.users.values()].map(
    ({ id, name }) => `<button name="user" value="${escape(id)}">${escape(name)}</button>`,
  );
  return `<p>${escape(client.name)} asks to act for you. Who are you?</p>
<form method="post">${buttons.join('\n')}</form>`;
}

function welcome({ world }: LoginParts): string {
  const queues = [...world.queues.values()].map(({ name }) => escape(name)).join(', ');
  return `<p>The API is at <code>/api/v2</code>, sign-in at <code>/oauth/token</code>, control at <code>/control/world</code>.</p>
<p>Queues: ${queues}.</p>`;
}

const refusal = (why: string): Answer => ({
  ...page('Sign-in failed', `<p>${escape(why)}</p>`),
  status: 400,
});

function page(title: string, body: string): Answer {
  return {
    status: 200,
    headers: {
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    },
    html: `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title>
<style>body{font:16px system-ui;max-width:32rem;margin:4rem auto}button{display:block;width:100%;margin:.5rem 0;padding:.75rem;font:inherit}</style>
<h1>${escape(title)}</h1>
${body}</html>`,
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (c) => ENTITIES[c] ?? c);
