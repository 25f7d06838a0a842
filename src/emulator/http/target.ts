/** What kind of request it is, and its path without whatever a gateway put in front of it. */
export interface Target {
  readonly kind: 'api' | 'token' | 'page' | 'control' | 'other';
  readonly path: string;
}

/** Pages for a browser, below any prefix. */
const PAGES: readonly string[] = ['/oauth/authorize', '/logout'];

/** Reads a request's URL. Gateways put a prefix of their own before the platform's paths; it is dropped. */
export function targetOf(url: string): {
  readonly target: Target;
  readonly query: URLSearchParams;
} {
  const at = url.indexOf('?');
  const path = at === -1 ? url : url.slice(0, at);
  const query = new URLSearchParams(at === -1 ? '' : url.slice(at + 1));
  return { target: kindOf(path), query };
}

function kindOf(path: string): Target {
  if (path.startsWith('/control/')) return { kind: 'control', path };
  const api = path.indexOf('/api/v2/');
  if (api !== -1) return { kind: 'api', path: path.slice(api) };
  if (path.endsWith('/oauth/token')) return { kind: 'token', path: '/oauth/token' };
  const page = PAGES.find((known) => path.endsWith(known));
  if (page !== undefined) return { kind: 'page', path: page };
  return path === '/' ? { kind: 'page', path } : { kind: 'other', path };
}
