import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import type { RapportConfig } from '../../config/schema.ts';
import type { CliIo } from '../terminal/io.ts';

/** What every command that reads a configuration is given. */
export interface ConfigFlags {
  readonly config?: string;
  readonly json?: boolean;
}

/** The configuration a command runs by. @throws {ConfigError} with every problem */
export function loadCliConfig(flags: ConfigFlags, io: CliIo): RapportConfig {
  return loadCliConfigWhole(flags, io).config;
}

/** The same for a command that only maps: what has to do with a running service need not be there. */
export function loadMapping(flags: ConfigFlags, io: CliIo): RapportConfig {
  return loadConfig({ file: flags.config, cwd: io.cwd, env: io.env, use: 'mapping' }).config;
}

/** The same, with what the environment names beside it: conversations and participants to work on. */
export function loadCliConfigWhole(flags: ConfigFlags, io: CliIo): LoadedConfig {
  return loadConfig({ file: flags.config, cwd: io.cwd, env: io.env });
}
