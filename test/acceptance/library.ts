import {
  loadConfig,
  openRapport,
  type KeyVerdict,
  type LoadedConfig,
  type OutcomeSummary,
  type Rapport,
  type SetResult,
} from '../../src/index.ts';
import type { Env, Stage } from './stage.ts';

/** A program of the user's own: the package's public names, no ledger and no service. */
export interface Library extends AsyncDisposable {
  readonly rapport: Rapport;
  readonly loaded: LoadedConfig;
}

interface Changes {
  /** How `null` is written; the configuration's own way unless told. */
  readonly onRemove?: 'blank' | 'null' | 'leave';
}

export function openLibrary({ cwd }: Pick<Stage, 'cwd'>, env: Env, changes: Changes = {}): Library {
  const loaded = loadConfig({ cwd, env });
  const write = { ...loaded.config.write, ...changes };
  const rapport = openRapport({ config: { ...loaded.config, write } });
  return { rapport, loaded, [Symbol.asyncDispose]: () => rapport[Symbol.asyncDispose]() };
}

/** One whole turn on the conversation that the environment names. */
export function enrichWith(
  { rapport, loaded: { targets } }: Library,
  externalId?: string,
): Promise<OutcomeSummary> {
  const { conversationIds, participantId } = targets;
  return rapport.enrich(conversationIds[0] ?? '', { participantId, externalId });
}

/** Sets keys and removes those that are `null`, on the named participants or on the customer. */
export function setWith(
  { rapport, loaded: { targets } }: Library,
  values: Readonly<Record<string, string | null>>,
  participants?: readonly string[],
): Promise<SetResult> {
  const { conversationIds, participantId } = targets;
  const participantIds = participants ?? (participantId === undefined ? [] : [participantId]);
  return rapport.set(conversationIds[0] ?? '', values, { participantIds });
}

/** State by key. */
export const statesOf = ({
  keys,
}: {
  readonly keys: readonly KeyVerdict[];
}): Readonly<Record<string, string>> =>
  Object.fromEntries(keys.map(({ key, state }) => [key, state]));
