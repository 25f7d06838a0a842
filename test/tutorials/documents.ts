import { execFile, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Env } from '../acceptance/stage.ts';
import { PATIENCE_MS } from '../support/patience.ts';

/** Names a folder with the texts of the documents, `000_….txt` to `003_….txt`. */
const FOLDER_VARIABLE = 'RAPPORT_TUTORIALS';

const PLAYER = fileURLToPath(new URL('./play.py', import.meta.url));

/** Why the documents' scripts cannot be run here; undefined where they can. */
export function whyNot(): string | undefined {
  if (process.env[FOLDER_VARIABLE] === undefined) return `${FOLDER_VARIABLE} names no folder`;
  const python = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']);
  return python.status === 0 ? undefined : 'there is no python3 from 3.10 on';
}

export interface Script {
  /** The first digits of the document's file name. */
  readonly document: '000' | '001' | '002' | '003';
  /** Headings below which its code stands, by how they begin. */
  readonly titles: readonly string[];
  /** A Python expression to evaluate then; without one the code runs as a program of its own. */
  readonly call?: string;
  readonly env: Env;
  /** What the document tells its reader to replace, and with what. */
  readonly words?: Env;
  /** Host names of the document, and the addresses that answer in their place. */
  readonly hosts: Env;
}

/** Runs a document's own script. @returns what it printed, on both outputs */
export async function runScript(script: Script): Promise<string> {
  const { titles, call, env, words = {}, hosts } = script;
  const args = [PLAYER, pathOf(script), ...titles, ...(call === undefined ? [] : ['--', call])];
  const { stdout, stderr } = await promisify(execFile)('python3', args, {
    timeout: PATIENCE_MS,
    env: {
      PATH: process.env['PATH'],
      PYTHONDONTWRITEBYTECODE: '1',
      TUTORIAL_NODE: process.execPath,
      TUTORIAL_WORDS: JSON.stringify(words),
      TUTORIAL_HOSTS: JSON.stringify(hosts),
      ...env,
    },
  });
  return stdout + stderr;
}

function pathOf({ document }: Script): string {
  const folder = process.env[FOLDER_VARIABLE] ?? '';
  const name = readdirSync(folder).find((file) => file.startsWith(`${document}_`));
  if (name === undefined) throw new Error(`${folder} holds no document ${document}`);
  return join(folder, name);
}
