import { attributesProfile } from './attributes.ts';
import { conversationProfile } from './conversation.ts';
import { participantMergeProfile } from './participant-merge.ts';
import { participantPatchProfile } from './participant-patch.ts';
import type { WriteProfile, WriteProfileName } from './profile.ts';
import { voiceMergeProfile } from './voice-merge.ts';

const PROFILES: Readonly<Record<WriteProfileName, WriteProfile>> = {
  attributes: attributesProfile,
  'voice-merge': voiceMergeProfile,
  'participant-patch': participantPatchProfile,
  'participant-merge': participantMergeProfile,
  conversation: conversationProfile,
};

export const findProfile = (name: WriteProfileName): WriteProfile => PROFILES[name];
