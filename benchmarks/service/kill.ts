/**
 * `kill -9` at full load: triggers come at a steady rate and are sent again until they are
 * acknowledged, the service is killed and started again, and the platform counts the writes.
 *
 *     npm run bench:kill -- [--rate 200] [--seconds 30] [--kills 5] [--seed 1] [--only rapport]
 *
 * The status is 0 when every trigger was acknowledged in the end, none of them was lost, and none
 * was written twice.
 */
import { percentile } from '../../src/lib/percentile.ts';
import { seededRandom } from '../../test/support/seeded-random.ts';
import { readFlags } from '../kit/flags.ts';
import { machine } from '../kit/machine.ts';
import { contenderOf } from './contenders/contenders.ts';
import { killRun } from './load/kill-run.ts';

const { numbers, texts } = readFlags(
  { rate: 200, seconds: 30, kills: 5, seed: 1, platformMs: 40, crmMs: 20 },
  { only: 'rapport' },
);
const contender = contenderOf(texts.only);
const circumstances = machine();
const report = await killRun(contender, { ...numbers, random: seededRandom(numbers.seed) });
const awayMs = percentile(report.awayMs, 0.5) ?? Number.NaN;
console.log(
  [
    `${contender.name}: ${report.triggers} triggers at ${numbers.rate}/s, ${numbers.kills} times kill -9 (--seed ${numbers.seed})`,
    circumstances,
    '',
    `acknowledged           ${report.acknowledged}, after ${report.failedAttempts} attempts that a dead service did not answer`,
    `under way at the kills ${report.underWay.join(', ')}: acknowledged, and not yet written`,
    `away, median           ${awayMs.toFixed(0)} ms, from the signal to listening again`,
    `lost                   ${report.lost} of those acknowledged (goal 0)`,
    `written twice          ${report.writtenTwice} (goal 0)`,
  ].join('\n'),
);
const isGood =
  report.acknowledged === report.triggers && report.lost === 0 && report.writtenTwice === 0;
console.log(isGood ? '\nmet' : '\nMISSED');
process.exitCode = isGood ? 0 : 1;
