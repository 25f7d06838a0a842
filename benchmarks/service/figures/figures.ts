import { percentile } from '../../../src/lib/percentile.ts';
import type { Sighting } from '../../world/questions.ts';
import type { Triggers } from '../load/trigger.ts';

/** What one contender did under the load; times in milliseconds. */
export interface Figures {
  readonly triggers: number;
  readonly refused: number;
  readonly notWritten: number;
  readonly writtenTwice: number;
  /** From the leaving of a trigger to the arrival of its write at the platform. */
  readonly triggerToPatch: Distribution;
  /** The same, less what platform and CRM really took for the read and the lookup of it. */
  readonly ownShare: Distribution;
  readonly acknowledged: Distribution;
  /** What the read and the lookup took, measured where they were answered. */
  readonly minimumMs: number;
  readonly senderLateP99Ms: number;
  readonly cpuSecondsPerThousand: number;
  readonly residentMiB: number;
  /** Cores that programs which are no part of this kept busy meanwhile. */
  readonly otherCores: number;
  /** To the platform, per enrichment. */
  readonly requests: { readonly work: number; readonly proof: number; readonly other: number };
}

/** The values that 0, 0.5, 1 … 99.5, 100 per cent do not exceed. */
export type Distribution = readonly number[];

const STEPS = 200;

export interface Observed {
  readonly triggers: Triggers;
  readonly sightings: readonly Sighting[];
  readonly otherRequests: number;
  readonly cpuSeconds: number;
  readonly residentMiB: readonly number[];
  readonly otherCores: number;
}

export function figuresOf({ triggers, sightings, ...used }: Observed): Figures {
  const written = sightings.flatMap((seen) => timesOf(seen, triggers) ?? []);
  const count = triggers.sentAt.size;
  const sum = (of: (seen: Sighting) => number): number =>
    sightings.reduce((total, seen) => total + of(seen), 0);
  return {
    triggers: count,
    refused: triggers.refused,
    notWritten: sightings.filter(({ writes }) => writes === 0).length,
    writtenTwice: sightings.filter(({ writes }) => writes > 1).length,
    triggerToPatch: distributionOf(written.map(({ tookMs }) => tookMs)),
    ownShare: distributionOf(written.map(({ tookMs, minimumMs }) => tookMs - minimumMs)),
    acknowledged: distributionOf(triggers.acknowledgedMs),
    minimumMs:
      percentile(
        written.map(({ minimumMs }) => minimumMs),
        0.5,
      ) ?? Number.NaN,
    senderLateP99Ms: percentile(triggers.lateMs, 0.99) ?? Number.NaN,
    cpuSecondsPerThousand: (used.cpuSeconds / count) * 1000,
    residentMiB: Math.max(...used.residentMiB),
    otherCores: used.otherCores,
    requests: {
      work: sum(({ reads, writes }) => reads + writes) / count,
      proof: sum(({ proofReads }) => proofReads) / count,
      other: used.otherRequests / count,
    },
  };
}

interface Times {
  readonly tookMs: number;
  readonly minimumMs: number;
}

function timesOf(seen: Sighting, { sentAt }: Triggers): Times | undefined {
  const at = sentAt.get(seen.conversationId);
  const { writtenAt, readMs, lookupMs } = seen;
  if (at === undefined || writtenAt === undefined) return undefined;
  return { tookMs: writtenAt - at, minimumMs: (readMs ?? 0) + (lookupMs ?? 0) };
}

function distributionOf(samples: readonly number[]): Distribution {
  const sorted = samples.toSorted((a, b) => a - b);
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const rank = Math.max(0, Math.ceil((step / STEPS) * sorted.length) - 1);
    return sorted[rank] ?? Number.NaN;
  });
}

/** The value that `share` (0 to 1, in steps of half a per cent) of the samples do not exceed. */
export const atShare = (distribution: Distribution, share: number): number =>
  distribution[Math.round(share * STEPS)] ?? Number.NaN;
