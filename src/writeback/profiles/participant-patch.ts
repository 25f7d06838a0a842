import { participantPath } from './participant-path.ts';
import type { WriteProfile } from './profile.ts';

/**
 * `PATCH /conversations/{c}/participants/{p}` with the changed keys, where `null` removes one and
 * the rest is merged. Nothing is read first.
 */
export const participantPatchProfile: WriteProfile = {
  name: 'participant-patch',
  sendsNull: true,
  async write(target, changes, { port, call }) {
    await port.send(
      {
        operation: 'patchParticipant',
        method: 'PATCH',
        path: participantPath(target),
        body: { attributes: Object.fromEntries(changes) },
      },
      call,
    );
  },
};
