import { explainConfig } from '../../config/explain.ts';
import { formatPath } from '../../config/paths.ts';
import { ConfigError } from '../../config/problems.ts';
import { loadCliConfigWhole, type ConfigFlags } from './load-configuration.ts';
import { EXIT, type ExitStatus } from '../terminal/exit.ts';
import { createPaint, type CliIo } from '../terminal/io.ts';
import { table } from '../terminal/table.ts';

/** Says that the configuration is good, or throws with all that is not; as JSON, says it either way. */
export function checkConfiguration(flags: ConfigFlags, io: CliIo): ExitStatus {
  const isJson = flags.json === true;
  try {
    const { config, file } = loadCliConfigWhole(flags, io);
    const sources = Object.keys(config.sources);
    const attributes = Object.keys(config.attributes);
    io.out(
      isJson
        ? `${JSON.stringify({ ok: true, file, sources, attributes, problems: [] })}\n`
        : `${file ?? 'the environment'}: good; sources: ${sources.length}, attributes: ${attributes.length}, cases: ${config.tests.length}\n`,
    );
    return EXIT.done;
  } catch (error) {
    if (!isJson || !(error instanceof ConfigError)) throw error;
    const problems = error.problems.map((problem) => ({
      ...problem,
      path: formatPath(problem.path),
    }));
    io.out(`${JSON.stringify({ ok: false, file: error.file, problems })}\n`);
    return EXIT.usage;
  }
}

export function explainConfiguration(flags: ConfigFlags, io: CliIo): void {
  const options = explainConfig(loadCliConfigWhole(flags, io));
  io.out(
    flags.json === true
      ? `${JSON.stringify(options, undefined, 2)}\n`
      : `${table(
          ['option', 'value', 'from'],
          options.map(({ path, value, origin }) => [path, value, origin]),
          createPaint(io),
        )}\n`,
  );
}
