import type { GenesysClient } from '../../genesys/client.ts';
import type { EventInlet } from '../../intake/create-intake.ts';
import { GapFiller, type GapReport } from '../../intake/listening/gap-fill.ts';
import type { ListenTargets } from '../../intake/listening/resolve-listen.ts';
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
