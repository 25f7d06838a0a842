import { PlatformError } from '../http/platform-error.ts';

// Codes and messages: the contract's, July 2026.

const bad = (code: string, message: string): PlatformError =>
  new PlatformError({ status: 400, code, message });

export const nullAttributes = (): PlatformError =>
  bad(
    'conversation.error.participant.attribute.null',
    'Cannot update participant attribute map to a null value.',
  );

export const noActiveConversation = (): PlatformError =>
  bad(
    'conversation.error.participant.no.active.conversations',
    'The participant has no active conversation.',
  );

export const holdAlerting = (): PlatformError =>
  bad('conversation.error.hold.alerting', 'An alerting call cannot be placed on hold.');

export const wrapupCodeRequired = (): PlatformError =>
  bad(
    'conversation.error.wrapup.code.required',
    'Wrapup code is a required field and cannot be empty.',
  );

export const cannotConfine = (): PlatformError =>
  bad(
    'conversation.error.cannot.confine.party',
    'The participant for this request cannot be confined.',
  );

export const callDisconnected = (): PlatformError =>
  bad('conversation.error.call.disconnected', 'Call is disconnected, cannot alter recordingState');

export const answerNotAlerting = (): PlatformError =>
  bad('callback.error.answer.not.alerting', 'Only alerting calls can be answered.');

export const updateInvalid = (): PlatformError =>
  bad(
    'conversation.participant.update.invalid',
    'Failed to update all properties on conversation participant.',
  );

/** The control API asked for something that nobody could do now. Not an answer of the platform. */
export const impossible = (why: string): PlatformError =>
  new PlatformError({
    status: 409,
    code: 'emulator.impossible',
    message: `This cannot happen now: ${why}.`,
  });
