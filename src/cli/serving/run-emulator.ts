import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  parseClock,
  startEmulator,
  type Emulator,
  type EmulatorProfile,
} from '../../emulator/index.ts';
import type { CliIo } from '../terminal/io.ts';
import { untilStopped } from '../terminal/until-stopped.ts';

export interface EmulatorRun {
  readonly port: number;
  readonly host: string;
  /** Milliseconds. */
  readonly lag: number;
  readonly seed: number;
  /** `real`, `manual` or a factor. */
  readonly clock: string;
  readonly profile: EmulatorProfile;
  readonly json?: boolean | undefined;
}

/** Runs the emulator until the user stops it. */
export async function runEmulator(flags: EmulatorRun, io: CliIo): Promise<void> {
  const { host, port, seed, profile } = flags;
  await using emulator = await startEmulator({
    host,
    port,
    seed,
    profile,
    clock: parseClock(flags.clock),
    attributes: { lagMs: flags.lag },
  });
  io.out(flags.json === true ? `${JSON.stringify(facts(emulator))}\n` : greeting(emulator));
  await untilStopped(io.signal);
  if (flags.json !== true) io.out('stopped\n');
}

function facts(emulator: Emulator): Readonly<Record<string, unknown>> {
  const { queues, users, flows } = emulator.control.world();
  return {
    apiUrl: emulator.apiUrl,
    loginUrl: emulator.loginUrl,
    controlUrl: `${emulator.url}/control`,
    clientId: DEFAULT_CLIENT_ID,
    clientSecret: DEFAULT_CLIENT_SECRET,
    queues,
    users,
    flows,
  };
}

function greeting(emulator: Emulator): string {
  const { queues, users, flows } = emulator.control.world();
  return `Genesys Cloud, emulated; state in memory, this machine only

  API and sign-in   ${emulator.apiUrl}   (token at /oauth/token)
  control           ${emulator.url}/control
  client            ${DEFAULT_CLIENT_ID}
  secret            ${DEFAULT_CLIENT_SECRET}
  queues            ${named(queues)}
  users             ${named(users)}
  flows             ${named(flows)}

Start a call:
  curl -s -X POST ${emulator.url}/control/conversations -H 'content-type: application/json' \\
    -d '{"media":"calls","queue":"Support","from":"+12125550101"}'

Ctrl-C stops it.
`;
}

function named(things: readonly { readonly name: string }[]): string {
  return things.map((thing) => thing.name).join(', ');
}
