import type { SqlRow, SqlValue } from '../sql/statement.ts';

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

export interface WireRequest {
  /** Texts that the thread has not seen yet, by number. */
  readonly texts: readonly (readonly [number, string])[];
  readonly jobs: readonly WireJob[];
}

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
