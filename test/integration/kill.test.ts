import { describe, expect, it } from 'vitest';
import { killRun } from '../../benchmarks/service/load/kill-run.ts';
import { rapportAt } from '../../benchmarks/service/contenders/rapport.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { isSoak, SEED } from '../support/soak.ts';

/** Against a CRM and a platform that take their time, so that something is always under way. */
const ORDER = { rate: 200, seconds: 60, kills: 15, platformMs: 40, crmMs: 20 };

// Even one death takes eight seconds of waiting; every run has those of `test/history/ledger/crash.test.ts`.
describe.runIf(isSoak)(`a whole service that is killed at full load (RAPPORT_SEED=${SEED})`, () => {
  it('loses nothing it acknowledged, writes nothing twice', { timeout: 300_000 }, async () => {
    const rapport = rapportAt(new URL('../../src/cli/main.ts', import.meta.url));
    const report = await killRun(rapport, { ...ORDER, random: seededRandom(SEED) });
    expect(report).toMatchObject({ acknowledged: report.triggers, lost: 0, writtenTwice: 0 });
    expect(report.underWay).toHaveLength(ORDER.kills);
  });
});
