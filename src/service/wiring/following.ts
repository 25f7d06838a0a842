import type { RapportConfig } from '../../config/schema.ts';
import { messageOf } from '../../domain/errors.ts';
import type { ReloadReport } from '../http/rooms.ts';
import type { ServiceParts } from '../app.ts';
import type { Access } from './access.ts';
import type { Engine } from './engine.ts';
import { enableNote, NoteWatch } from '../reload/note-watch.ts';
import { RELOAD_NOTE, Reloader } from '../reload/reloader.ts';
import type { Rooms } from './rooms.ts';

export interface FollowedParts extends Rooms, Engine {
  readonly access: Access;
  readonly stack: AsyncDisposableStack;
}

/** What one instance is told and all of them do. */
export interface Following {
  /** Reads the configuration again, here and everywhere. @throws {ConfigError} with every problem */
  readonly reload: () => Promise<ReloadReport>;
  readonly watch: NoteWatch;
}

/** Has this instance follow what the others are told, and the others what this one is. */
export function openFollowing(
  config: RapportConfig,
  { clock, log, loadConfig }: ServiceParts,
  { ledger, newId, mapping, access, delivery, replace, stack }: FollowedParts,
): Following {
  const reloader = new Reloader({
    config,
    load: loadConfig,
    apply: [access.check, (next) => mapping.replace(next), replace, access.replace],
    log,
  });
  const enabling = (name: string) => [enableNote(name), () => void delivery.enable(name)] as const;
  const onTold = (): Readonly<Record<string, () => void>> => ({
    [RELOAD_NOTE]: () => {
      try {
        reloader.read();
      } catch (error) {
        // As where SIGHUP asks for it: what is wrong is for whoever changed this instance's file.
        log.error('configuration.not-read', { message: messageOf(error) });
      }
    },
    ...Object.fromEntries([...delivery.states().keys()].map(enabling)),
  });
  const watch = stack.use(new NoteWatch({ notes: ledger.notes, newId, clock, log, onTold }));
  const reload = async (): Promise<ReloadReport> => {
    const report = reloader.read();
    await watch.tell(RELOAD_NOTE);
    return report;
  };
  return { reload, watch };
}
