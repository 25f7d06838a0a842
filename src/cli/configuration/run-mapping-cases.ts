import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { planConfig } from '../../config/plan-config.ts';
import { messageOf, RapportError } from '../../domain/errors.ts';
import { renderCases, runCases } from '../../enrich/cases/cases.ts';
import { parseGivenFlow, type FlowSchema } from '../../enrich/flow/flow-schema.ts';
import { loadToE164 } from '../../enrich/customer/phone.ts';
import { systemClock } from '../../lib/clock.ts';
import { loadMapping, type ConfigFlags } from './load-configuration.ts';
import type { CliIo } from '../terminal/io.ts';

export interface TestFlags extends ConfigFlags {
  /** A file with the flow that the attributes are checked against. */
  readonly flow?: string;
}

/**
 * Runs the cases of a configuration and prints what differs.
 *
 * @returns whether all passed
 * @throws {RapportError} `ERR_NO_CASES`, so that CI does not pass on a file without any, and
 *   `ERR_FLOW_UNREADABLE`
 */
export async function testConfiguration(flags: TestFlags, io: CliIo): Promise<boolean> {
  const config = loadMapping(flags, io);
  if (config.tests.length === 0) {
    throw new RapportError({
      code: 'ERR_NO_CASES',
      message: 'the configuration has no cases to run',
      nextStep: 'Write them under tests: in the configuration; see the reference for their form.',
    });
  }
  const plan = planConfig(config);
  const loadPhones = () => loadToE164(plan.defaultCountry);
  const flow = flags.flow === undefined ? undefined : readFlow(resolve(io.cwd, flags.flow));
  const results = await runCases(config.tests, { plan, flow, loadPhones, clock: systemClock });
  io.out(
    flags.json === true
      ? `${JSON.stringify(results, undefined, 2)}\n`
      : `${renderCases(results)}\n`,
  );
  return results.every(({ isPassed }) => isPassed);
}

/** A flow as JSON or YAML: what `GET /api/v2/flows/{id}` answers, or its input schema alone. */
function readFlow(file: string): FlowSchema {
  let problem = 'it declares no inputs';
  let cause: unknown;
  try {
    const flow = parseGivenFlow(parse(readFileSync(file, 'utf8')));
    if (flow !== undefined) return flow;
  } catch (error) {
    problem = messageOf(error);
    cause = error;
  }
  throw new RapportError({
    code: 'ERR_FLOW_UNREADABLE',
    message: `cannot read a flow from ${file}: ${problem}`,
    nextStep: 'Give a file with the flow as the platform answers it, or with its input schema.',
    cause,
  });
}
