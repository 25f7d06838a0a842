import type { Route } from '../http/route.ts';
import type { Grant } from '../oauth/token-endpoint.ts';
import type { Rooms } from '../rooms.ts';
import { tutorialGrants } from './grants.ts';
import { layTutorialsOver } from './routes.ts';
import { TutorialScopes } from './scopes.ts';

/** What public tutorials use and the platform does not have. */
export interface Tutorials {
  readonly grants: ReadonlyMap<string, Grant>;
  /** The platform's routes with the tutorials' in front. */
  readonly layOver: (platform: readonly Route[]) => Route[];
}

export function createTutorials(rooms: Pick<Rooms, 'world' | 'tokens' | 'architect'>): Tutorials {
  const { world, tokens, architect } = rooms;
  const scopes = new TutorialScopes();
  return {
    grants: tutorialGrants({ world, tokens, scopes }),
    layOver: (platform) => layTutorialsOver(platform, { world, architect, scopes }),
  };
}
