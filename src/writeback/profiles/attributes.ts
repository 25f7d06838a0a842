import { toTexts, type WriteProfile } from './profile.ts';

/**
 * `PATCH /conversations/{c}/participants/{p}/attributes` with the changed keys alone. The platform
 * merges them key by key, so that nobody else's key can be lost, and nothing is read first.
 */
export const attributesProfile: WriteProfile = {
  name: 'attributes',
  sendsNull: false,
  write: (target, changes, { port, call }) => port.patchAttributes(target, toTexts(changes), call),
};
