/**
 * Draws what `npm run bench -- --save results.json` measured.
 *
 *     node benchmarks/service/plot.ts results.json > service.svg
 */
import { readFile } from 'node:fs/promises';
import { atShare } from './figures/figures.ts';
import { CPU_SECONDS, P99_MS, TIMES_THE_FLOOR } from './figures/goals.ts';
import { durableFloor } from './contenders/references.ts';
import type { Measured, Results } from './figures/report.ts';
import { line, rectangle, text, type Point } from './figures/svg.ts';

const WIDTH = 960;
const HEIGHT = 420;
const COLOURS = ['#0b6e99', '#8a8f98', '#d9730d'];
const GOAL_COLOUR = '#b3261e';
const AXIS_COLOUR = '#9aa0a8';

/** Where a panel's axes are, in pixels. */
interface Panel {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const LATENCY: Panel = { left: 70, right: 590, top: 90, bottom: 350 };
const CPU: Panel = { left: 680, right: 930, top: 90, bottom: 350 };

/** The largest share that is drawn. The axis counts nines, so that the tail gets its room. */
const MOST_SHARE = 0.995;
const MARKED_SHARES = [0, 0.5, 0.9, 0.95, 0.99, MOST_SHARE];

const { load, machine, measured } = JSON.parse(
  await readFile(process.argv[2] ?? 'results.json', 'utf8'),
) as Results;

const colourOf = (index: number): string => COLOURS[index % COLOURS.length] ?? AXIS_COLOUR;

/** From the least possible to the worst of those drawn, in round numbers. */
const LEAST_MS = Math.floor((load.platformMs + load.crmMs) / 10) * 10;
const MOST_MS =
  Math.ceil(
    Math.max(
      P99_MS,
      ...measured.map(({ figures }) => atShare(figures.triggerToPatch, MOST_SHARE)),
    ) / 10,
  ) * 10;

const rarity = (share: number): number => -Math.log10(1 - share);
const MOST_RARE = rarity(MOST_SHARE);

function latencyAt(share: number, ms: number): Point {
  const { left, right, top, bottom } = LATENCY;
  const across = rarity(share) / MOST_RARE;
  const up = (Math.min(ms, MOST_MS) - LEAST_MS) / (MOST_MS - LEAST_MS);
  return { x: left + across * (right - left), y: bottom - up * (bottom - top) };
}

function latencyPanel(): readonly string[] {
  const { left, right, top, bottom } = LATENCY;
  const ticks = Array.from({ length: 6 }, (_, i) => LEAST_MS + (i * (MOST_MS - LEAST_MS)) / 5);
  return [
    text({ x: left, y: top - 20 }, 'Trigger → PATCH, milliseconds, by share of the triggers', {
      weight: 600,
    }),
    ...ticks.flatMap((ms) => {
      const { y } = latencyAt(0, ms);
      return [
        line(
          [
            { x: left, y },
            { x: right, y },
          ],
          { colour: AXIS_COLOUR, width: 0.5 },
        ),
        text({ x: left - 8, y: y + 4 }, ms.toFixed(0), { anchor: 'end' }),
      ];
    }),
    ...MARKED_SHARES.map((share) => {
      const { x } = latencyAt(share, LEAST_MS);
      return text({ x, y: bottom + 20 }, `${share * 100} %`, { anchor: 'middle' });
    }),
    ...measured.map(({ figures }, index) =>
      line(
        figures.triggerToPatch
          .map((ms, step) => ({ share: step / (figures.triggerToPatch.length - 1), ms }))
          .filter(({ share }) => share <= MOST_SHARE)
          .map(({ share, ms }) => latencyAt(share, Math.max(ms, LEAST_MS))),
        { colour: colourOf(index), width: 2 },
      ),
    ),
    ...goalAtP99(),
  ];
}

function goalAtP99(): readonly string[] {
  const { x, y } = latencyAt(0.99, P99_MS);
  return [
    line(
      [
        { x: x - 40, y },
        { x: x + 12, y },
      ],
      { colour: GOAL_COLOUR, width: 2, dashes: '5 3' },
    ),
    text({ x: x + 16, y: y + 4 }, `goal: p99 ≤ ${P99_MS} ms`, { colour: GOAL_COLOUR }),
  ];
}

function cpuPanel(): readonly string[] {
  const { left, right, top, bottom } = CPU;
  const floor = measured.find(({ name }) => name === durableFloor.name)?.figures;
  const goals = [
    { seconds: CPU_SECONDS, label: `goal ${CPU_SECONDS} s` },
    ...(floor === undefined
      ? []
      : [
          {
            seconds: TIMES_THE_FLOOR * floor.cpuSecondsPerThousand,
            label: `goal ${TIMES_THE_FLOOR} × floor`,
          },
        ]),
  ];
  const most = Math.max(
    ...measured.map(({ figures }) => figures.cpuSecondsPerThousand),
    ...goals.map(({ seconds }) => seconds),
  );
  const heightOf = (seconds: number): number => (seconds / most) * (bottom - top);
  const slot = (right - left) / measured.length;
  const bars = measured.flatMap(({ figures }, index) => {
    const height = heightOf(figures.cpuSecondsPerThousand);
    const x = left + index * slot + slot * 0.2;
    return [
      rectangle({ x, y: bottom - height }, { width: slot * 0.6, height }, colourOf(index)),
      text({ x: x + slot * 0.3, y: bottom + 20 }, `${figures.cpuSecondsPerThousand.toFixed(2)} s`, {
        anchor: 'middle',
      }),
    ];
  });
  const marks = goals.flatMap(({ seconds, label }) => {
    const y = bottom - heightOf(seconds);
    return [
      line(
        [
          { x: left, y },
          { x: right, y },
        ],
        { colour: GOAL_COLOUR, width: 1.5, dashes: '5 3' },
      ),
      text({ x: right, y: y - 5 }, label, { anchor: 'end', colour: GOAL_COLOUR }),
    ];
  });
  return [
    text({ x: left, y: top - 20 }, 'CPU seconds per 1,000', { weight: 600 }),
    line(
      [
        { x: left, y: bottom },
        { x: right, y: bottom },
      ],
      { colour: AXIS_COLOUR, width: 0.5 },
    ),
    ...bars,
    ...marks,
  ];
}

function legend({ name, promise }: Measured, index: number): readonly string[] {
  const x = 70 + index * 290;
  return [
    rectangle({ x, y: 388 }, { width: 12, height: 12 }, colourOf(index)),
    text({ x: x + 18, y: 398 }, `${name} (${promise})`),
  ];
}

console.log(
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">`,
    rectangle({ x: 0, y: 0 }, { width: WIDTH, height: HEIGHT }, '#ffffff'),
    text(
      { x: 70, y: 28 },
      `${load.rate} triggers/s with ids only; platform ${load.platformMs} ms, CRM ${load.crmMs} ms`,
      { weight: 600 },
    ),
    text({ x: 70, y: 46 }, machine, { colour: '#5f6670' }),
    ...latencyPanel(),
    ...cpuPanel(),
    ...measured.flatMap(legend),
    '</svg>',
  ].join('\n'),
);
