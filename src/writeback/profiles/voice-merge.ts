import { toAttributeRecord } from '../../domain/attributes.ts';
import { isPlatformError } from '../../genesys/errors.ts';
import { backoffMs } from '../../lib/backoff.ts';
import { sleep } from '../../lib/clock.ts';
import { merge, readParticipant, voicePath } from './participant-path.ts';
import type { WriteProfile } from './profile.ts';

/** A conflict says that somebody wrote since the read; it is answered by reading again, at most so often. */
const MAX_ATTEMPTS = 5;
const BACKOFF = { baseMs: 100, maxMs: 2000 } as const;

/**
 * `PATCH /conversations/voice/{c}/participants/{p}`, where the map that is sent replaces the whole
 * one: read, merge, write all, and on 409 once more from the start.
 */
export const voiceMergeProfile: WriteProfile = {
  name: 'voice-merge',
  sendsNull: false,
  async write(target, changes, context) {
    const path = voicePath(target);
    for (let attempt = 1; ; attempt++) {
      const present = await readParticipant(path, context);
      const attributes = toAttributeRecord(merge(present.attributes, changes));
      const request = { operation: 'patchVoiceParticipant', method: 'PATCH', path } as const;
      try {
        await context.port.send({ ...request, body: { attributes } }, context.call);
        return;
      } catch (error) {
        const isConflict = isPlatformError(error) && error.status === 409;
        if (!isConflict || attempt === MAX_ATTEMPTS) throw error;
      }
      await sleep(context.clock, backoffMs(attempt, BACKOFF, context.random), context.call.signal);
    }
  },
};
