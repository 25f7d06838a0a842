import { textTable } from '../../../src/lib/text-table.ts';
import { atShare, type Distribution, type Figures } from './figures.ts';
import type { Load, Measurement } from '../load/measure.ts';

export interface Results {
  readonly load: Load;
  readonly machine: string;
  readonly measured: readonly Measured[];
}

export interface Measured extends Measurement {
  readonly name: string;
  readonly promise: string;
}

const pair = (distribution: Distribution): string =>
  `${atShare(distribution, 0.5).toFixed(1)} / ${atShare(distribution, 0.99).toFixed(1)} ms`;

const LINES: readonly (readonly [string, (figures: Figures) => string])[] = [
  ['trigger → PATCH p50 / p99', ({ triggerToPatch }) => pair(triggerToPatch)],
  ['  of it read and lookup, p50', ({ minimumMs }) => `${minimumMs.toFixed(1)} ms`],
  ['  own share p50 / p99', ({ ownShare }) => pair(ownShare)],
  ['trigger → answer p50 / p99', ({ acknowledged }) => pair(acknowledged)],
  ['CPU per 1,000', ({ cpuSecondsPerThousand }) => `${cpuSecondsPerThousand.toFixed(3)} s`],
  ['resident at full load, most', ({ residentMiB }) => `${residentMiB.toFixed(0)} MiB`],
  ['platform requests each', ({ requests: { work } }) => work.toFixed(2)],
  ['  for proof, apart', ({ requests: { proof } }) => proof.toFixed(2)],
  ['  about no conversation', ({ requests: { other } }) => other.toFixed(2)],
  ['refused / not written / twice', countsOf],
  ['other programs meanwhile', ({ otherCores }) => `${otherCores.toFixed(2)} cores`],
  ['sender late p99', ({ senderLateP99Ms }) => `${senderLateP99Ms.toFixed(1)} ms`],
];

function countsOf({ refused, notWritten, writtenTwice }: Figures): string {
  return `${refused} / ${notWritten} / ${writtenTwice}`;
}

/** All contenders side by side. */
export function tableOf({ load, machine, measured }: Results): string {
  const { rate, seconds, warmUp, platformMs, crmMs } = load;
  const columns = [
    { title: '' },
    ...measured.map(({ name }) => ({ title: name, align: 'right' as const })),
  ];
  const rows = [
    ['promise', ...measured.map(({ promise }) => promise)],
    ...LINES.map(([what, cell]) => [what, ...measured.map(({ figures }) => cell(figures))]),
  ];
  return [
    `${rate} triggers/s with ids only for ${seconds} s, after ${warmUp} s that count for nothing; platform ${platformMs} ms, CRM ${crmMs} ms`,
    machine,
    '',
    textTable(columns, rows),
    '',
    ...measured.flatMap(({ name, kept }) =>
      kept === undefined ? [] : [`${name} kept, warm-up included: ${kept}`, ''],
    ),
  ].join('\n');
}
