import type { GenesysClient } from '../../genesys/client.ts';
import type { Gap } from '../../intake/channel/ports.ts';
import type { EventInlet } from '../../intake/create-intake.ts';
import { GapFiller, type GapReport } from '../../intake/listening/gap-fill.ts';
import type { ListenTargets } from '../../intake/listening/resolve-listen.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { ServiceParts } from '../app.ts';
import type { Inlet } from '../inlet.ts';

export interface GapFillerParts {
  readonly client: GenesysClient;
  /** Known by the time a gap is looked into. */
  readonly targets: () => ListenTargets;
  readonly intake: EventInlet;
  readonly inlet: () => Inlet;
  readonly onReport: (report: GapReport) => void;
}

/** Catches up on what was missed on the queues and users that are listened to, and on nothing else. */
export function createGapFiller(
  { clock, random, log }: ServiceParts,
  { client, targets, intake, inlet, onReport }: GapFillerParts,
): GapFiller {
  return new GapFiller({
    find: async (interval, signal) => {
      const { queueIds, userIds } = targets();
      if (queueIds.size + userIds.size === 0) return [];
      return client.analytics.queryDetails(
        { ...interval, queueIds: [...queueIds], userIds: [...userIds], onlyLive: true },
        { signal, lane: 'backfill' },
      );
    },
    inlet: intake,
    accept: (drafts) => inlet().ask(drafts),
    onReport,
    clock,
    random,
    log,
  });
}

/** How long an instance that listened may have been gone before another one noticed, in milliseconds. */
const TAKEOVER_MS = 12_000;

/** What may have been missed before this instance listened: since anything was last seen, or since the one before was gone. */
export function gapBefore(liveAtMs: number, heardUntilMs: number): Gap {
  const fromMs = Math.min(heardUntilMs, liveAtMs - TAKEOVER_MS);
  return { fromMs, toMs: liveAtMs, reason: 'nobody listened' };
}

/**
 * Until when events were surely taken in: the last change of any conversation. With an empty ledger
 * nothing was asked to be seen before this start; but requests come in, and calls, before it listens.
 */
export async function heardUntil(
  ledger: Pick<Ledger, 'conversations'>,
  startedAtMs: number,
): Promise<number> {
  const [last] = await ledger.conversations({ limit: 1 });
  return last?.changedAt ?? startedAtMs;
}
