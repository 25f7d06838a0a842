import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { messageOf } from '../domain/errors.ts';
import { checkConfig, type Draft } from './check.ts';
import {
  VARIABLES,
  readEnvironment,
  readTargets,
  type Environment,
  type EnvironmentTargets,
} from './environment.ts';
import type { Origins } from './explain.ts';
import { pathKey, valueAt, withValueAt } from './paths.ts';
import { ConfigError, type ConfigProblem } from './problems.ts';
import { resolveReferences } from './variable-references.ts';
import type { RapportConfig } from './schema.ts';
import { findWrittenSecrets } from './secrets.ts';
import { parseYaml } from './yaml-file.ts';

export interface LoadOptions {
  /** The file to read; by default `rapport.yaml` in the working folder, if there is one. */
  readonly file?: string | undefined;
  readonly cwd: string;
  readonly env: Environment;
  /**
   * `mapping`: for what maps and asks nobody. Sections of the running service are not looked at, nor are
   * their variables needed; they come out as if they had not been written, `genesys` as a stand-in.
   * @defaultValue `'everything'`
   */
  readonly use?: 'everything' | 'mapping' | undefined;
  readonly files?: FileReader | undefined;
}

/** How files are read; from the disk unless told otherwise. */
export interface FileReader {
  exists(path: string): boolean;
  /** @throws when the file can't be read */
  read(path: string): string;
}

export interface LoadedConfig {
  readonly config: RapportConfig;
  readonly file: string | undefined;
  /** Where each value came from, by path. */
  readonly origins: Origins;
  /** What was written, before defaults. */
  readonly written: unknown;
  readonly targets: EnvironmentTargets;
}

const DISK: FileReader = { exists: existsSync, read: (path) => readFileSync(path, 'utf8') };

/** The names under which a configuration is looked for in the working folder. */
export const CONFIG_FILES: readonly string[] = ['rapport.yaml', 'rapport.yml'];

/**
 * Reads the configuration: the file, where there is one, and else variables alone. A `.env` file in
 * the working folder is read too; it never overrides a variable that is set.
 *
 * @throws {ConfigError} with every problem that was found
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const { cwd, files = DISK, use = 'everything' } = options;
  const env = withDotenv(options.env, cwd, files);
  const file = findFile(options, files);
  const draft =
    file === undefined ? draftOfEnvironment(env) : draftOfFile(file, { env, files, cwd, use });
  const checked = checkConfig(use === 'mapping' ? withStandIn(draft) : draft);
  if ('problems' in checked) throw new ConfigError(checked.problems, file);
  return {
    config: checked.config,
    file,
    origins: draft.origins,
    written: draft.value,
    targets: readTargets(env),
  };
}

function withDotenv(env: Environment, cwd: string, files: FileReader): Environment {
  const path = join(cwd, '.env');
  if (!files.exists(path)) return env;
  try {
    return { ...parseEnv(files.read(path)), ...env };
  } catch (error) {
    throw new ConfigError(
      [{ path: [], expected: 'a readable .env file', found: messageOf(error) }],
      path,
    );
  }
}

function findFile({ file, cwd }: LoadOptions, files: FileReader): string | undefined {
  if (file !== undefined) return resolve(cwd, file);
  return CONFIG_FILES.map((name) => join(cwd, name)).find((path) => files.exists(path));
}

function draftOfEnvironment(env: Environment): Draft {
  const { value, variables } = readEnvironment(env);
  return {
    value,
    problems: [],
    origins: { kind: 'environment', variables },
    isFromOutside: () => true,
    locate: (path) => ({ variable: variables.get(pathKey(path)) }),
  };
}

interface FileContext {
  readonly env: Environment;
  readonly files: FileReader;
  readonly cwd: string;
  readonly use: LoadOptions['use'];
}

function draftOfFile(file: string, { env, files, cwd, use }: FileContext): Draft {
  const parsed = parseYaml(readText(file, files));
  const value = use === 'mapping' ? withoutService(parsed.value) : parsed.value;
  const written = findWrittenSecrets(value, (_path, text) => text.includes('\uE000'));
  const resolved = resolveReferences(value, {
    env,
    readFile: (path) => files.read(resolve(cwd, path)),
  });
  const problems: readonly ConfigProblem[] = [...parsed.problems, ...written, ...resolved.problems];
  const { value: filled, variables } = withVariables(resolved.value, env);
  return {
    value: filled,
    problems: problems.map((problem) => ({ ...parsed.at(problem.path), ...problem })),
    isUnreadable: parsed.problems.length > 0,
    origins: {
      kind: 'file',
      at: (path) => parsed.at(path),
      references: resolved.references,
      variables,
    },
    isFromOutside: (path) => resolved.references.has(pathKey(path)) || variables.has(pathKey(path)),
    locate: (path) => parsed.at(path),
  };
}

/** Sections that a running service has to do with, and a mapping has not. */
const SERVICE_SECTIONS: ReadonlySet<string> = new Set([
  'genesys',
  'listen',
  'write',
  'analytics',
  'webhooks',
  'store',
  'maxWaiting',
  'retention',
  'access',
  'service',
] satisfies (keyof RapportConfig)[]);

function withoutService(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const rest = Object.entries(value).filter(([name]) => !SERVICE_SECTIONS.has(name));
  const mapping = Object.fromEntries(rest);
  // The flow itself is given or left out; how its inputs are treated counts.
  return valueAt(mapping, ['flow', 'id']) === undefined
    ? mapping
    : withValueAt(mapping, ['flow', 'id'], 'none');
}

/** Of the form that `genesys` has; nothing is there. */
const STAND_IN = {
  apiUrl: 'http://127.0.0.1:1',
  auth: { type: 'client-credentials', clientId: 'none', clientSecret: 'none' },
};

function withStandIn(draft: Draft): Draft {
  const value = withoutService(draft.value ?? {});
  return { ...draft, value: withValueAt(value, ['genesys'], STAND_IN) };
}

function readText(file: string, files: FileReader): string {
  try {
    return files.read(file);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new ConfigError(
      [
        isMissing
          ? { path: [], expected: 'there is no such file' }
          : { path: [], expected: 'a readable file', found: messageOf(error) },
      ],
      file,
      'Name another with --config. Without --config, rapport.yaml of the working folder is read, or else variables such as GENESYS_CLIENT_ID.',
    );
  }
}

/** Options of the service that variables give where the file does not, so that one file serves many places. */
const FROM_VARIABLES: ReadonlySet<string> = new Set([
  'RAPPORT_STORE',
  'RAPPORT_HOST',
  'RAPPORT_PORT',
  'RAPPORT_API_KEY',
  'RAPPORT_LOG_LEVEL',
]);

interface Filled {
  readonly value: unknown;
  readonly variables: ReadonlyMap<string, string>;
}

function withVariables(value: unknown, env: Environment): Filled {
  const variables = new Map<string, string>();
  let filled = value;
  for (const [variable, path] of VARIABLES) {
    const text = env[variable] ?? '';
    if (!FROM_VARIABLES.has(variable) || text === '' || valueAt(value, path) !== undefined)
      continue;
    filled = withValueAt(filled, path, text);
    variables.set(pathKey(path), variable);
  }
  return { value: filled, variables };
}
