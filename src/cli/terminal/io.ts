import type { Readable } from 'node:stream';
import { styleText } from 'node:util';

/** What a command may touch of the world around it; a test passes its own. */
export interface CliIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: Readable;
  /** Aborts when the user asks to stop (Ctrl-C, SIGTERM). */
  readonly signal: AbortSignal;
  /** Whether a person reads `out`, so that colour and live progress make sense. */
  readonly isTerminal: boolean;
  /** Width of the terminal in characters. */
  readonly columns: number;
  /** Calls back when the process is asked to read its configuration again (SIGHUP). Returns how to stop. */
  readonly onReload?: ((listener: () => void) => () => void) | undefined;
  /** Standard error: where the service's log goes, and the progress bar. Through `err`, and as `out` is, unless told. */
  readonly log?: { readonly descriptor: number; readonly isTerminal: boolean } | undefined;
}

export type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

/** Colours text on a terminal and leaves it plain anywhere else, or where `NO_COLOR` is set. */
export function createPaint(io: Pick<CliIo, 'isTerminal' | 'env'>): Paint {
  const noColor = (io.env['NO_COLOR'] ?? '') !== '';
  if (!io.isTerminal || noColor) return (_style, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}
