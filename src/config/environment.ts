import { DEFAULT_ATTRIBUTES } from '../enrich/options.ts';
import { pathKey } from './paths.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What variables alone say: a configuration as if it had been written in a file. */
export interface EnvironmentConfig {
  readonly value: Readonly<Record<string, unknown>>;
  /** The variable that each path came from, or would come from. */
  readonly variables: ReadonlyMap<string, string>;
}

/** The conversations and the participant that variables name; for commands that work on given ones. */
export interface EnvironmentTargets {
  readonly conversationIds: readonly string[];
  readonly participantId: string | undefined;
}

/** The region when nothing says another. */
const DEFAULT_REGION = 'mypurecloud.com';

/**
 * Where each variable goes. The order is that of the reference; the first of several variables for
 * one path wins.
 */
export const VARIABLES: readonly (readonly [variable: string, path: readonly string[]])[] = [
  ['GENESYS_ENVIRONMENT', ['genesys', 'region']],
  ['GENESYS_API_URL', ['genesys', 'apiUrl']],
  ['GENESYS_LOGIN_URL', ['genesys', 'loginUrl']],
  ['GENESYS_CLIENT_ID', ['genesys', 'auth', 'clientId']],
  ['GENESYS_CLIENT_SECRET', ['genesys', 'auth', 'clientSecret']],
  ['GENESYS_PRIVATE_KEY_PATH', ['genesys', 'auth', 'privateKeyPath']],
  ['GENESYS_USERNAME', ['genesys', 'auth', 'username']],
  ['GENESYS_PASSWORD', ['genesys', 'auth', 'password']],
  ['GENESYS_SCOPE', ['genesys', 'auth', 'scope']],
  ['GENESYS_QUEUE_ID', ['listen', 'queues']],
  ['GENESYS_FLOW_ID', ['flow', 'id']],
  ['CRM_API_ENDPOINT', ['sources', 'crm', 'url']],
  ['CRM_API_TOKEN', ['sources', 'crm', 'auth', 'token']],
  ['ANALYTICS_WEBHOOK_URL', ['analytics', 'url']],
  ['RAPPORT_WRITE_PROFILE', ['write', 'profile']],
  ['RAPPORT_STORE', ['store']],
  ['RAPPORT_HOST', ['service', 'host']],
  ['RAPPORT_PORT', ['service', 'port']],
  ['RAPPORT_API_KEY', ['service', 'apiKey']],
  ['RAPPORT_LOG_LEVEL', ['service', 'logLevel']],
];

/** Reads a configuration from variables alone. Empty variables count as not set. */
export function readEnvironment(env: Environment): EnvironmentConfig {
  const value: Record<string, unknown> = {};
  const variables = new Map<string, string>();
  for (const [variable, path] of VARIABLES) {
    const text = env[variable];
    variables.set(pathKey(path), variable);
    if (text !== undefined && text !== '') setAt(value, path, fromText(variable, text));
  }
  completeGenesys(value);
  completeSources(value);
  return { value, variables };
}

/** Reads which conversations and which participant the variables name. */
export function readTargets(env: Environment): EnvironmentTargets {
  const ids = [
    env['CONVERSATION_IDS'],
    env['GENESYS_CONVERSATION_ID'],
    env['TEST_CONVERSATION_ID'],
  ].flatMap((text) => splitList(text ?? ''));
  const participantId = [env['GENESYS_PARTICIPANT_ID'], env['TEST_PARTICIPANT_ID']].find(
    (text) => text !== undefined && text !== '',
  );
  return { conversationIds: [...new Set(ids)], participantId };
}

const fromText = (variable: string, text: string): unknown =>
  variable === 'GENESYS_QUEUE_ID' ? splitList(text) : text;

const splitList = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

type Section = Record<string, unknown>;

function completeGenesys(value: Section): void {
  const genesys = sectionOf(value, 'genesys');
  if (genesys['region'] === undefined && genesys['apiUrl'] === undefined)
    genesys['region'] = DEFAULT_REGION;
  const auth = sectionOf(genesys, 'auth');
  auth['type'] = authType(auth);
  // A key file is used instead of a secret, not beside it.
  if (auth['type'] === 'jwt-bearer') delete auth['clientSecret'];
}

function authType(auth: Section): string {
  if (auth['username'] !== undefined || auth['password'] !== undefined) return 'password';
  return auth['privateKeyPath'] === undefined ? 'client-credentials' : 'jwt-bearer';
}

/** One source named `crm`, and the four attributes of a plain customer record. */
function completeSources(value: Section): void {
  const crm =
    value['sources'] === undefined ? undefined : sectionOf(sectionOf(value, 'sources'), 'crm');
  if (crm === undefined) return;
  crm['type'] = 'http';
  if (crm['auth'] !== undefined) sectionOf(crm, 'auth')['type'] = 'bearer';
  value['attributes'] = DEFAULT_ATTRIBUTES;
}

function sectionOf(parent: Section, name: string): Section {
  const section = parent[name];
  if (typeof section === 'object' && section !== null) return section as Section;
  const made: Section = {};
  parent[name] = made;
  return made;
}

function setAt(value: Section, path: readonly string[], item: unknown): void {
  const [first = '', ...rest] = path;
  if (rest.length === 0) value[first] = item;
  else setAt(sectionOf(value, first), rest, item);
}
