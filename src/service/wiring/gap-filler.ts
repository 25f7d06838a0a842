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
  readonly targets: ListenTargets;
  readonly intake: EventInlet;
  readonly inlet: () => Inlet;
  readonly onReport: (report: GapReport) => void;
}

/** Catches up on what was missed on the queues and users that are listened to, and on nothing else. */
export function createGapFiller(
  { clock, random, log }: ServiceParts,
  { client, targets, intake, inlet, onReport }: GapFillerParts,
): GapFiller {
  const queueIds = [...targets.queueIds];
  const userIds = [...targets.userIds];
  return new GapFiller({
    find: async (interval, signal) =>
      queueIds.length + userIds.length === 0
        ? []
        : client.analytics.queryDetails(
            { ...interval, queueIds, userIds, onlyLive: true },
            { signal, lane: 'backfill' },
          ),
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
 * a lone process has missed nothing that it was asked to see, since it is not up before it listens.
 * One of several is up at once, and whoever listened may die before the first conversation comes.
 */
export async function heardUntil(
  ledger: Pick<Ledger, 'conversations' | 'leases'>,
  startedAtMs: number,
): Promise<number | undefined> {
  const [last] = await ledger.conversations({ limit: 1 });
  return last?.changedAt ?? (ledger.leases === 'beaten' ? startedAtMs : undefined);
}
