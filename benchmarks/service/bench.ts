/**
 * How fast and how cheap the real service is, beside two references: `rapport serve` from `dist`, the
 * official SDK in a Fastify handler, and the least that a durable service can do. Each is a process
 * of its own, triggered over HTTP with conversation ids only, at a steady rate that waits for no
 * answer, against a platform and a CRM (in one more process) that take a set time each.
 *
 *     npm run bench -- [--rate 200] [--seconds 30] [--warm-up 10] [--platform-ms 40] [--crm-ms 20]
 *                      [--rounds 1] [--only rapport,floor,sdk] [--save results.json]
 *
 * Rounds are run by turns, and each contender is shown by the one with its middle processor time.
 * The status is 0 when every trigger was taken, every conversation was written to exactly once, and
 * the goals of `rapport serve` are met. Processor time and memory come from /proc: Linux only.
 */
import { writeFile } from 'node:fs/promises';
import { readFlags } from '../kit/flags.ts';
import { machine } from '../kit/machine.ts';
import { contenderOf, CONTENDERS } from './contenders/contenders.ts';
import { judge } from './figures/goals.ts';
import { middleOf } from './figures/middle.ts';
import { tableOf, type Measured, type Results } from './figures/report.ts';
import { measure, type Measurement } from './load/measure.ts';

const {
  numbers: { rounds, ...load },
  texts,
} = readFlags(
  { rate: 200, seconds: 30, warmUp: 10, platformMs: 40, crmMs: 20, rounds: 1 },
  { only: Object.keys(CONTENDERS).join(','), save: '' },
);

const contenders = texts.only.split(',').map(contenderOf);
const circumstances = machine();
const measurements = contenders.map((): Measurement[] => []);
for (let round = 1; round <= rounds; round += 1) {
  for (const [index, contender] of contenders.entries()) {
    measurements[index]?.push(await measure(contender, load));
  }
}
const measured = contenders.map(({ name, promise }, index): Measured => {
  return { name, promise, ...middleOf(measurements[index] ?? []) };
});
const results: Results = { load, machine: circumstances, measured };
console.log(tableOf(results));
const verdicts = judge(results);
for (const { goal, got, isMet } of verdicts)
  console.log(`${isMet ? 'met   ' : 'MISSED'}  ${goal}: ${got}`);
if (texts.save !== '') await writeFile(texts.save, `${JSON.stringify(results)}\n`);
process.exitCode = verdicts.every(({ isMet }) => isMet) ? 0 : 1;
