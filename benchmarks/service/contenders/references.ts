import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET } from '../../../src/emulator/index.ts';
import { API_KEY, spawnService, type Contender } from './contender.ts';

/** What a careful integrator writes in an afternoon, with the official SDK. */
export const sdkInFastify: Contender = reference({
  name: 'SDK in Fastify',
  promise: 'nothing durable',
  program: 'sdk-fastify.ts',
});

/** The least that a durable service can do. */
export const durableFloor: Contender = reference({
  name: 'durable floor',
  promise: 'durable, nothing more',
  program: 'durable-floor.ts',
});

interface Reference {
  readonly name: string;
  readonly promise: string;
  /** In the folder `references`. */
  readonly program: string;
}

function reference({ name, promise, program }: Reference): Contender {
  const file = fileURLToPath(new URL(`references/${program}`, import.meta.url));
  return {
    name,
    promise,
    start: ({ world, folder, port = 0 }) =>
      spawnService([file], {
        PLATFORM_PORT: String(world.port),
        CRM_URL: world.crmUrl,
        CLIENT_ID: DEFAULT_CLIENT_ID,
        CLIENT_SECRET: DEFAULT_CLIENT_SECRET,
        API_KEY,
        JOURNAL: join(folder, 'journal.db'),
        PORT: String(port),
      }),
  };
}
