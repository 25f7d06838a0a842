import { Readable } from 'node:stream';
import { PATIENCE_MS } from '../../test/support/patience.ts';
import { runCli } from './program.ts';

/** A command's surroundings; nobody sits before it unless told. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdin?: Readable;
  readonly isTerminal?: boolean;
  /** Asks the command to stop, as Ctrl-C does. */
  readonly signal?: AbortSignal;
}

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in this process. */
export async function runCommand(
  args: readonly string[],
  { env, cwd, stdin = Readable.from([]), isTerminal = false, signal }: Surroundings,
): Promise<Ran> {
  let out = '';
  let err = '';
  const status = await runCli(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    env,
    cwd,
    stdin,
    signal: AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), ...(signal ? [signal] : [])]),
    isTerminal,
    columns: 120,
  });
  return { status, out, err };
}
