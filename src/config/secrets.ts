import type { Path } from './paths.ts';
import type { ConfigProblem } from './problems.ts';

/** The options that hold secrets, by name, in the sections that sign in somewhere. */
const SECRET_OPTIONS: ReadonlySet<unknown> = new Set([
  'clientSecret',
  'secret',
  'password',
  'token',
  'privateKey',
  'refreshToken',
  'code',
  'codeVerifier',
  'apiKey',
  'bearer',
]);

const SECRET_HEADER =
  /^(?:authorization|proxy-authorization|cookie|.*(?:api|access|auth)[-_]?(?:key|token)|.*-token)$/i;

/** Names under which services are given a secret: of headers, of form fields, of members of a body and of a URL's query. */
const SECRET_NAME =
  /^(?:authorization|proxy-authorization|cookie|sig|code|.*(?:key|token|secret|passw(?:or)?d|signature))$/i;

/** A parameter of a query, with its name. What varies is no secret. */
const PARAMETER = /([?&])([^=&#]+)=([^&#{}]+)/g;

/** The password in `scheme://user:password@host`. */
const URL_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:([^/?#\s@]+)@/i;

/** Whether an option holds a secret, or is one of a list of them; no message and no listing shows it. */
export function isSecretPath(path: Path): boolean {
  const [section] = path;
  const names = path.filter((part) => typeof part === 'string');
  const name = names.at(-1) ?? '';
  if (section === 'tests' || section === 'attributes') return false;
  if (names.at(-2) === 'headers') return SECRET_HEADER.test(name);
  if (section !== 'sources') return SECRET_OPTIONS.has(name);
  if (path[2] === 'values') return true;
  return SECRET_OPTIONS.has(name) || (path[2] === 'auth' && name === 'value');
}

/** What is filled in for each customer. */
const PLACEHOLDER = /\{(?:key|keyKind|conversationId|traceId)\}/;

/**
 * Whether nothing shows this text: an option that holds a secret, or what is sent under a name that
 * secrets have. Wider than what must not be written out, since `customerKey: '{key}'` may be.
 */
export function isHidden(path: Path, text: string): boolean {
  if (isSecretPath(path)) return true;
  if (path[0] === 'tests' || path[0] === 'attributes' || PLACEHOLDER.test(text)) return false;
  return (
    isSent(path) && SECRET_NAME.test(String(path.findLast((part) => typeof part === 'string')))
  );
}

const isSent = (path: Path): boolean =>
  path.includes('headers') || path[2] === 'form' || path[2] === 'body';

/** Hides the password in a URL, and the secrets in its query. */
export const maskUrl = (text: string): string =>
  text
    .replace(URL_PASSWORD, (all, password: string) => all.replace(`:${password}@`, ':•••@'))
    .replace(PARAMETER, (all, separator: string, name: string) =>
      isUrl(text) && SECRET_NAME.test(name) ? `${separator}${name}=•••` : all,
    );

/**
 * Shows of a text that was kept out of the file what cannot be a secret. A web address may be one as a
 * whole, but for its host: the hooks of chat services have theirs in the path. What is sent to a service
 * is shown not at all, whatever its name.
 */
export function maskFromOutside(path: Path, text: string): string {
  if (isSent(path)) return '•••';
  // As whoever sends there reads it: also `https:\\host\path`, or with a space before it, is one.
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return maskUrl(text);
  const { origin, pathname, search, hash } = url;
  return `${pathname}${search}${hash}` === '/' ? origin : `${origin}/•••`;
}

const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

function parameterSecretsOf(text: string): readonly string[] {
  if (!isUrl(text)) return [];
  return [...text.matchAll(PARAMETER)].flatMap(([, , name = '', value = '']) =>
    SECRET_NAME.test(name) ? [value] : [],
  );
}

/** Every secret that a configuration holds, so that whatever shows text can keep them out of it. */
export function secretsOf(config: unknown): readonly string[] {
  const secrets: string[] = [];
  walkTexts(config, (text, path) => {
    if (isStaticValue(path)) return;
    const password = URL_PASSWORD.exec(text)?.[1];
    if (password !== undefined) secrets.push(password);
    secrets.push(...parameterSecretsOf(text));
    if (isHidden(path, text)) secrets.push(text);
  });
  return secrets;
}

function walkTexts(value: unknown, visit: (text: string, path: Path) => void): void {
  const walk = (item: unknown, path: Path): void => {
    if (typeof item === 'string') visit(item, path);
    if (typeof item !== 'object' || item === null) return;
    for (const [key, child] of Object.entries(item))
      walk(child, [...path, Array.isArray(item) ? Number(key) : key]);
  };
  walk(value, []);
}

/** Values of a static source are data, whoever they belong to. */
const isStaticValue = (path: Path): boolean => path[0] === 'sources' && path[2] === 'values';

/**
 * Finds secrets that are written out in a file. Files are copied, shown and committed; a secret
 * comes from a variable or from a file of its own.
 */
export function findWrittenSecrets(
  value: unknown,
  isReferenced: (path: Path, text: string) => boolean,
): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  walkTexts(value, (text, path) => {
    if (!isWritten(text, path) || isReferenced(path, text)) return;
    const name = (path.findLast((part) => typeof part === 'string') ?? 'SECRET')
      .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
      .replaceAll(/\W/g, '_')
      .toUpperCase();
    problems.push({
      path,
      expected: `a reference such as \${${name}} or \${file:/run/secrets/…}`,
      found: 'a secret written out',
    });
  });
  return problems;
}

function isWritten(text: string, path: Path): boolean {
  if (isStaticValue(path)) return false;
  if (path[0] === 'tests' || path[0] === 'attributes' || text === '') return false;
  return isSecretPath(path) || URL_PASSWORD.test(text);
}
