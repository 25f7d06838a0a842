import { describe, expect, it } from 'vitest';
import { RapportError } from '../domain/errors.ts';
import { parseConversationId, parseParticipantId } from '../domain/ids.ts';
import { InDoubtError, PlatformError } from '../genesys/errors.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import type { PlatformPort } from './platform-port.ts';
import { findProfile } from './profiles/find-profile.ts';
import type { WriteProfileName } from './profiles/profile.ts';
import { writeOnce, type WriteResult } from './write.ts';

async function answerTo(
  error: Error | undefined,
  profile: WriteProfileName = 'attributes',
): Promise<WriteResult> {
  const fail = async (): Promise<never> => {
    throw error ?? new Error('unused');
  };
  const patch = error === undefined ? async (): Promise<void> => undefined : fail;
  const port: PlatformPort = {
    getConversation: fail,
    getSecureAttributes: fail,
    patchSecureAttributes: patch,
    patchAttributes: patch,
    send: fail,
  };
  return writeOnce(
    {
      profile: findProfile(profile),
      target: {
        conversationId: parseConversationId('c1'),
        participantId: parseParticipantId('p1'),
      },
      store: 'attributes',
      changes: new Map([['crm.tier', 'gold']]),
    },
    {
      port,
      call: { signal: new AbortController().signal, lane: 'live' },
      clock: new ManualClock(),
      random: () => 0.5,
    },
  );
}

const answered = (
  status: number,
  platformCode?: string,
  more: { readonly retryable?: boolean; readonly retryAfterMs?: number } = {},
): PlatformError =>
  new PlatformError({
    code: 'ERR_GENESYS_TEST',
    message: `answered ${status}`,
    operation: 'patchConversationParticipantAttributes',
    status,
    platformCode,
    ...more,
  });

describe('writeOnce', () => {
  it('takes a 2xx for accepted, and for nothing more', async () => {
    expect(await answerTo(undefined)).toEqual({ kind: 'accepted' });
  });

  it('leaves open what nobody can know: 408, 409, 429, 5xx, a lost answer', async () => {
    const errors = [
      ...[408, 409, 429, 500, 502, 503, 504].map((status) => answered(status)),
      new InDoubtError({ operation: 'patch', message: 'no answer' }),
      new Error('socket hang up'),
    ];
    const kinds = await Promise.all(errors.map(async (error) => (await answerTo(error)).kind));
    expect(new Set(kinds)).toEqual(new Set(['unknown']));
  });

  it('keeps the time that the platform asks to wait', async () => {
    const answer = await answerTo(answered(429, 'too.many.requests', { retryAfterMs: 7000 }));
    expect(answer).toMatchObject({ kind: 'unknown', retryAfterMs: 7000 });
  });

  it('says of each refusal what to do about it', async () => {
    const advice: Record<number, RegExp> = {
      400: /texts by key/,
      401: /client id, secret and region/,
      403: /scope conversations/,
      413: /512000 bytes/,
    };
    for (const [status, expected] of Object.entries(advice)) {
      const answer = await answerTo(answered(Number(status), 'a.code'));
      expect(answer).toMatchObject({ kind: 'refused', code: 'a.code' });
      expect('reason' in answer ? answer.reason : '').toMatch(expected);
    }
  });

  it('tells a missing participant from a missing conversation, where the platform does', async () => {
    const participant = answered(404, 'conversation.error.participant.not.found');
    const conversation = answered(404, 'conversation.error.conversation.not.found');
    expect(await answerTo(participant)).toEqual({ kind: 'no-participant' });
    expect(await answerTo(conversation)).toEqual({ kind: 'no-conversation' });
    expect(await answerTo(answered(404, 'not.found'))).toEqual({ kind: 'not-found' });
  });

  it('blames the profile when the platform does not know its path', async () => {
    const answer = await answerTo(answered(404, 'not.found'), 'voice-merge');
    expect(answer).toMatchObject({ kind: 'refused', code: 'not.found' });
    expect('reason' in answer ? answer.reason : '').toMatch(/write\.profile to attributes/);
  });

  it('does not try again after a sign-in that was refused', async () => {
    const error = new RapportError({
      code: 'ERR_GENESYS_SIGN_IN',
      message: 'refused',
      nextStep: 'Check the client secret.',
    });
    expect(await answerTo(error)).toEqual({
      kind: 'refused',
      code: 'ERR_GENESYS_SIGN_IN',
      reason: 'Check the client secret.',
    });
  });
});
