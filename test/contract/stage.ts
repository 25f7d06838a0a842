import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import { ManualClock } from '../../src/lib/manual-clock.ts';
import { SdkClient } from './sdk-client.ts';

/** An emulator whose time stands until it is advanced, and the SDK signed in to it. */
export interface Stage extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly sdk: SdkClient;
}

/** Lag of attribute writes on the stage, in milliseconds. */
export const LAG_MS = 100;

export async function setStage(options: EmulatorOptions = {}): Promise<Stage> {
  const emulator = await startEmulator({
    clock: new ManualClock(),
    attributes: { lagMs: LAG_MS },
    limits: { tokenPerWindow: 100_000, orgAppUserPerWindow: 100_000 },
    ...options,
  });
  const sdk = await new SdkClient(emulator).signIn();
  return { emulator, sdk, [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose]() };
}

/** The id of a queue or user of the default organization. */
export function idOf(emulator: Emulator, kind: 'queues' | 'users' | 'flows', name: string): string {
  const found = emulator.control.world()[kind].find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`no ${name} among the ${kind}`);
  return found.id;
}
