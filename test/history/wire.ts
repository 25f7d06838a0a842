import type { BeatTiming } from '../../src/engine/instance.ts';
import type { EnrichmentRequest } from '../../src/domain/request.ts';
import type { HistoryEvent } from './history.ts';
import type { PlantName } from './plants.ts';

/** What every child process is started with: one JSON argument. */
export interface ChildSetup {
  readonly instance: string;
  readonly store: string;
  /** Address of the platform. */
  readonly platform: string;
  readonly timing?: BeatTiming | undefined;
  /** Kills itself with SIGKILL when it passes this point for the nth time. */
  readonly killAt?: KillAt | undefined;
  /** A bug that its ledger is to have. */
  readonly plant?: PlantName | undefined;
}

export interface KillAt {
  readonly point: string;
  readonly nth: number;
  /** What it sends itself there. @defaultValue `'SIGKILL'` */
  readonly signal?: 'SIGKILL' | 'SIGSTOP' | undefined;
}

/** A child that runs stubs of turns. */
export interface StubSetup extends ChildSetup {
  readonly token: string;
  /** The customer of each conversation. */
  readonly customers: Readonly<Record<string, string>>;
}

/** A child that runs the whole service. */
export interface ServiceSetup extends ChildSetup {
  /** As `rapport.yaml` would have it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Origins of those whom it talks to. */
  readonly peers: Readonly<Record<'platform' | 'lookup' | 'webhook', string>>;
  /** Its clock: where it was at an instant of the machine's, and how fast it goes. */
  readonly clock: ClockSetup;
}

export interface ClockSetup {
  readonly factor: number;
  /** `sharedNow()` and the wall clock at the origin, in milliseconds. */
  readonly originMs: number;
  readonly originWallMs: number;
}

/** Where a child with stubs can be killed: right before a statement list is sent, once it is durable, and around the write. */
export const STUB_KILL_POINTS = [
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

/** Where a child with the whole service can be killed. */
export const SERVICE_KILL_POINTS = [
  'accept.sent',
  'accept.durable',
  'claim.sent',
  'claim.durable',
  'settle.sent',
  'settle.durable',
  'observe.sent',
  'observe.durable',
  'outbox.sent',
  'outbox.durable',
  // `leaves`: before the first byte of a request. `answered`: when its answer begins to come in.
  'lookup.leaves',
  'lookup.answered',
  'write.leaves',
  'write.answered',
  'webhook.leaves',
  'webhook.answered',
  /** When the platform has taken a write and has not yet answered; the rig does it. */
  'write.taken',
] as const;

export type ToChild =
  | { readonly kind: 'accept'; readonly requests: readonly EnrichmentRequest[] }
  | { readonly kind: 'stats' }
  | { readonly kind: 'stop' };

export type FromChild =
  /** `url` is where its HTTP interface is, if it has one. */
  | { readonly kind: 'ready'; readonly url?: string | undefined }
  | { readonly kind: 'event'; readonly event: HistoryEvent }
  | { readonly kind: 'stats'; readonly working: number; readonly openRequests: number }
  /** Not taken; the client is to ask again. */
  | { readonly kind: 'refused'; readonly dedupeKeys: readonly string[]; readonly reason: string }
  | LogLine;

/** Something that the process logged. */
export interface LogLine {
  readonly kind: 'log';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}
