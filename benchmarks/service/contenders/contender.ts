import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { World } from '../../world/questions.ts';

/** Every contender takes `POST /v1/conversations/{id}/enrich` with this key as bearer. */
export const API_KEY = 'the-key-of-the-benchmark';

/** Something that enriches conversations when it is triggered, as a process of its own. */
export interface Contender {
  readonly name: string;
  /** What an acknowledgement promises. */
  readonly promise: string;
  start(options: StartOptions): Promise<Running>;
  /** What it has on the disk once it is stopped, in words: that it did what it promises. */
  readonly kept?: ((folder: string) => string) | undefined;
}

export interface StartOptions {
  readonly world: World;
  /** An empty folder for what has to last. */
  readonly folder: string;
  /** 0 takes any free one. @defaultValue 0 */
  readonly port?: number | undefined;
}

export interface Running {
  readonly url: string;
  readonly pid: number;
  /** Ends it by a signal, and resolves once it is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/**
 * Starts Node on a program that says `"event":"service.listening"` and its `"url"` in one line of its
 * standard error.
 *
 * @throws {Error} with all that it said, when it ends before
 */
export async function spawnService(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Running> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const url = await listeningAt(child);
  // Read on, and thrown away: a pipe that nobody empties stops whoever writes to it.
  child.stderr?.resume();
  return {
    url,
    pid: child.pid ?? 0,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
  };
}

async function listeningAt(child: ChildProcess): Promise<string> {
  let said = '';
  const lines = createInterface({ input: child.stderr ?? process.stdin });
  for await (const line of lines) {
    said += `${line}\n`;
    const url = /"event":"service\.listening".*"url":"([^"]+)"/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`the service ended before it listened:\n${said}`);
}
