import type { BeatTiming } from '../../src/engine/instance.ts';
import type { EnrichmentRequest } from '../../src/domain/request.ts';
import type { HistoryEvent } from './history.ts';

/** How a child process is started: one JSON argument. */
export interface ChildSetup {
  readonly instance: string;
  readonly store: string;
  /** Address of the platform under test. */
  readonly platform: string;
  readonly timing?: BeatTiming | undefined;
  /** Kills itself with SIGKILL when it passes this point for the nth time. */
  readonly killAt?: { readonly point: KillPoint; readonly nth: number } | undefined;
}

export const KILL_POINTS = [
  'accept.sent',
  'accept.durable',
  'accept.told',
  'claim.sent',
  'claim.durable',
  'turn.began',
  'turn.beforeWrite',
  'turn.afterWrite',
  'settle.sent',
  'settle.durable',
] as const;

export type KillPoint = (typeof KILL_POINTS)[number];

export type ToChild =
  | { readonly kind: 'accept'; readonly requests: readonly EnrichmentRequest[] }
  | { readonly kind: 'stats' }
  | { readonly kind: 'stop' };

export type FromChild =
  | { readonly kind: 'ready' }
  | { readonly kind: 'event'; readonly event: HistoryEvent }
  | { readonly kind: 'stats'; readonly working: number; readonly openRequests: number }
  /** Not taken; the client is to ask again. */
  | { readonly kind: 'refused'; readonly dedupeKeys: readonly string[]; readonly reason: string };
