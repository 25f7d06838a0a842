import { atShare, type Figures } from './figures.ts';
import { rapport } from '../contenders/rapport.ts';
import { durableFloor } from '../contenders/references.ts';
import type { Results } from './report.ts';

export interface Verdict {
  readonly goal: string;
  readonly got: string;
  readonly isMet: boolean;
}

/** At 200 triggers/s with the platform at 40 ms and the CRM at 20 ms, on two cores. */
export const P99_MS = 66;
const OWN_P50_MS = 1;
export const CPU_SECONDS = 0.25;
export const TIMES_THE_FLOOR = 2;
const RESIDENT_MIB = 200;

/** What `rapport serve` is held to, as far as it was measured; and that nobody lost or doubled anything. */
export function judge({ measured }: Results): readonly Verdict[] {
  const ours = measured.find(({ name }) => name === rapport.name)?.figures;
  const floor = measured.find(({ name }) => name === durableFloor.name)?.figures;
  return [
    ...measured.map(({ name, figures }) => complete(name, figures)),
    ...(ours === undefined ? [] : speed(ours)),
    ...(ours === undefined || floor === undefined ? [] : [overFloor(ours, floor)]),
  ];
}

function complete(name: string, { refused, notWritten, writtenTwice, triggers }: Figures): Verdict {
  return {
    goal: `${name}: every trigger taken and written once`,
    got: `${triggers} triggers, ${refused} refused, ${notWritten} not written, ${writtenTwice} written twice`,
    isMet: refused + notWritten + writtenTwice === 0,
  };
}

function speed(figures: Figures): readonly Verdict[] {
  const p99 = atShare(figures.triggerToPatch, 0.99);
  const own = atShare(figures.ownShare, 0.5);
  const { cpuSecondsPerThousand: cpu, residentMiB } = figures;
  return [
    {
      goal: `trigger → PATCH p99 ≤ ${P99_MS} ms`,
      got: `${p99.toFixed(1)} ms`,
      isMet: p99 <= P99_MS,
    },
    {
      goal: `own share p50 ≤ ${OWN_P50_MS} ms`,
      got: `${own.toFixed(2)} ms`,
      isMet: own <= OWN_P50_MS,
    },
    {
      goal: `CPU ≤ ${CPU_SECONDS} s per 1,000`,
      got: `${cpu.toFixed(3)} s`,
      isMet: cpu <= CPU_SECONDS,
    },
    {
      goal: `resident at full load ≤ ${RESIDENT_MIB} MiB`,
      got: `${residentMiB.toFixed(0)} MiB`,
      isMet: residentMiB <= RESIDENT_MIB,
    },
  ];
}

function overFloor(ours: Figures, floor: Figures): Verdict {
  const times = ours.cpuSecondsPerThousand / floor.cpuSecondsPerThousand;
  return {
    goal: `CPU ≤ ${TIMES_THE_FLOOR} × the durable floor`,
    got: `${times.toFixed(1)} ×`,
    isMet: times <= TIMES_THE_FLOOR,
  };
}
