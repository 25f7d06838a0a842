import { planConfig } from '../config/plan-config.ts';
import { RapportError } from '../domain/errors.ts';
import { renderCases, runCases } from '../enrich/cases.ts';
import { loadToE164 } from '../enrich/phone.ts';
import { systemClock } from '../lib/clock.ts';
import { loadCliConfig } from './cli-config.ts';
import type { CliIo } from './io.ts';
import type { ConfigFlags } from './options.ts';

/**
 * Runs the cases of a configuration and prints what differs.
 *
 * @returns whether all passed
 * @throws {RapportError} `ERR_NO_CASES`, so that CI does not pass on a file without any
 */
export async function testConfiguration(flags: ConfigFlags, io: CliIo): Promise<boolean> {
  const config = loadCliConfig(flags, io);
  if (config.tests.length === 0) {
    throw new RapportError({
      code: 'ERR_NO_CASES',
      message: 'the configuration has no cases to run',
      nextStep: 'Write them under tests: in the configuration; see the reference for their form.',
    });
  }
  const plan = planConfig(config);
  const loadPhones = () => loadToE164(plan.defaultCountry);
  const results = await runCases(config.tests, { plan, loadPhones, clock: systemClock });
  io.out(
    flags.json === true
      ? `${JSON.stringify(results, undefined, 2)}\n`
      : `${renderCases(results)}\n`,
  );
  return results.every(({ isPassed }) => isPassed);
}
