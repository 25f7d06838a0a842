import type { SqlRow, SqlValue } from '../sql/statement.ts';

/*
 * Messages between the store and its thread travel as JSON, which tells every `SqlValue` exactly: to copy the
 * many small objects of a batch by itself takes the platform two to three times as long.
 */

/** What the SQLite thread is started with. */
export interface ThreadSetup {
  /** A path, or `:memory:`. */
  readonly path: string;
  readonly readOnly: boolean;
  readonly since: string;
}

/** One statement: the number of its text, whether it guards its unit, its values. */
export type WireStatement = readonly [text: number, guard: boolean, values: readonly SqlValue[]];

export type WireJob =
  | { readonly job: number; readonly kind: 'unit'; readonly statements: readonly WireStatement[] }
  | { readonly job: number; readonly kind: 'read'; readonly statements: readonly WireStatement[] }
  | { readonly job: number; readonly kind: 'define'; readonly texts: readonly string[] }
  | { readonly job: number; readonly kind: 'scrub' };

export interface WireWork {
  readonly kind: 'work';
  /** Texts that the thread has not seen yet, by number. */
  readonly texts: readonly (readonly [number, string])[];
  readonly jobs: readonly WireJob[];
}

/** `close` is the last request: what came before it is done first. */
export type WireRequest = WireWork | { readonly kind: 'close' };

export type WireResult =
  | { readonly kind: 'rows'; readonly rows: readonly (readonly SqlRow[])[] }
  | { readonly kind: 'refused' }
  | { readonly kind: 'failed'; readonly error: WireError };

export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly holder?: string | undefined;
}

export type WireAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unusable'; readonly error: WireError }
  | { readonly kind: 'results'; readonly results: readonly (readonly [number, WireResult])[] };

export function toWireError(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  return {
    name: error.name,
    message: error.message,
    holder: 'holder' in error && typeof error.holder === 'string' ? error.holder : undefined,
  };
}

export const toMessage = (message: WireRequest | WireAnswer): string => JSON.stringify(message);

/** Sound because both ends are this package's own. */
export const requestOf = (message: unknown): WireRequest => JSON.parse(String(message));
export const answerOf = (message: unknown): WireAnswer => JSON.parse(String(message));
