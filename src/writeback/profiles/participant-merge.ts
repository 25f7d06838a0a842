import { toAttributeRecord } from '../../domain/attributes.ts';
import { merge, participantPath, readParticipant } from './participant-path.ts';
import type { WriteProfile } from './profile.ts';

/**
 * `PATCH /conversations/{c}/participants/{p}` with the merged map and the participant's state as it
 * was read.
 */
export const participantMergeProfile: WriteProfile = {
  name: 'participant-merge',
  sendsNull: false,
  async write(target, changes, context) {
    const path = participantPath(target);
    const present = await readParticipant(path, context);
    const body = {
      attributes: toAttributeRecord(merge(present.attributes, changes)),
      state: present.state ?? 'connected',
    };
    await context.port.send(
      { operation: 'patchParticipant', method: 'PATCH', path, body },
      context.call,
    );
  },
};
