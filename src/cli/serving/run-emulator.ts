import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, RapportError } from '../../domain/errors.ts';
import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_SEED,
  DEFAULT_USER_PASSWORD,
  parseClock,
  startEmulator,
  type Emulator,
  type EmulatorProfile,
  type Seed,
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
  /** PEM file of the key that the default client's signed assertions are checked with. */
  readonly publicKey?: string | undefined;
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
    organization: await organizationOf(flags, io),
  });
  io.out(
    flags.json === true
      ? `${JSON.stringify(facts(emulator, profile))}\n`
      : greeting(emulator, profile),
  );
  await untilStopped(io.signal);
  if (flags.json !== true) io.out('stopped\n');
}

async function organizationOf({ publicKey: file }: EmulatorRun, io: CliIo): Promise<Partial<Seed>> {
  if (file === undefined) return {};
  const publicKey = await readKey(resolve(io.cwd, file));
  const clients = DEFAULT_SEED.clients.map((client) =>
    client.id === DEFAULT_CLIENT_ID ? { ...client, publicKey } : client,
  );
  return { clients };
}

async function readKey(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new RapportError({
      code: 'ERR_EMULATOR_PUBLIC_KEY',
      message: `cannot read the public key from ${file}: ${messageOf(error)}`,
      nextStep: 'Write it with: openssl pkey -in private.pem -pubout -out public.pem',
      cause: error,
    });
  }
}

function facts(emulator: Emulator, profile: EmulatorProfile): Readonly<Record<string, unknown>> {
  const { queues, users, flows } = emulator.control.world();
  return {
    apiUrl: emulator.apiUrl,
    loginUrl: emulator.loginUrl,
    controlUrl: `${emulator.url}/control`,
    clientId: DEFAULT_CLIENT_ID,
    clientSecret: DEFAULT_CLIENT_SECRET,
    userPassword: profile === 'tutorials' ? DEFAULT_USER_PASSWORD : undefined,
    queues,
    users,
    flows,
  };
}

function greeting(emulator: Emulator, profile: EmulatorProfile): string {
  const { queues, users, flows } = emulator.control.world();
  return `Genesys Cloud, emulated; state in memory, this machine only

  API and sign-in   ${emulator.apiUrl}   (token at /oauth/token)
  control           ${emulator.url}/control
  client            ${DEFAULT_CLIENT_ID}
  secret            ${DEFAULT_CLIENT_SECRET}
  queues            ${named(queues)}
  users             ${named(users)}${profile === 'tutorials' ? `; password: ${DEFAULT_USER_PASSWORD}` : ''}
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
