import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setStage, type Stage } from './stage.ts';

const DAY = '2026-01-05T00:00:00.000Z/2026-01-06T00:00:00.000Z';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

describe('the official SDK, on what surrounds a conversation', () => {
  it('tags it', async () => {
    const { emulator, sdk } = stage;
    const { conversationId } = emulator.control.start();
    await sdk.conversations.putConversationTags(conversationId, { externalTag: 'case-7' });
    expect(await sdk.conversations.getConversation(conversationId)).toMatchObject({
      externalTag: 'case-7',
    });
  });

  it('keeps secure attributes apart: PUT replaces them, PATCH merges', async () => {
    const { emulator, sdk } = stage;
    const { conversations } = sdk;
    const { conversationId } = emulator.control.start();
    const attributes = async (): Promise<unknown> =>
      (await conversations.getConversationSecureattributes(conversationId)).attributes;
    await conversations.putConversationSecureattributes(conversationId, { attributes: { a: '1' } });
    await conversations.patchConversationSecureattributes(conversationId, {
      attributes: { b: '2' },
    });
    await emulator.control.advance(1000);
    expect(await attributes()).toEqual({ a: '1', b: '2' });
    const { participants } = await conversations.getConversation(conversationId);
    expect(participants[0]?.attributes).toEqual({});
  });

  it('takes participants off by the generic path and by the one of e-mails', async () => {
    const { emulator, sdk } = stage;
    const { conversations } = sdk;
    const gone = { state: 'disconnected' };
    const first = emulator.control.start({ media: 'emails' });
    await conversations.patchConversationsEmailParticipant(
      first.conversationId,
      first.participantId,
      gone,
    );
    const second = emulator.control.start({ media: 'messages' });
    await conversations.patchConversationParticipant(
      second.conversationId,
      second.participantId,
      gone,
    );
    for (const { conversationId } of [first, second]) {
      const { participants } = await conversations.getConversation(conversationId);
      expect(participants[0]?.endTime).toBeDefined();
    }
  });
});

describe('the official SDK, on analytics', () => {
  it('finds a conversation by query once the delay is over', async () => {
    await using own = await setStage();
    const { conversationId } = own.emulator.control.start({ queue: 'Support' });
    await own.emulator.control.advance(60_000);
    const found = await own.sdk.analytics.postAnalyticsConversationsDetailsQuery({ interval: DAY });
    expect(found.conversations?.map((entry) => entry.conversationId)).toEqual([conversationId]);
  });

  it('reads attributes by a job, from order to deletion', async () => {
    await using own = await setStage();
    const { control } = own.emulator;
    const { analytics } = own.sdk;
    const { conversationId } = control.start({ queue: 'Support', attributes: { a: '1' } });
    control.end(conversationId);
    await control.advance(60_000);
    const { jobId = '' } = await analytics.postAnalyticsConversationsDetailsJobs({ interval: DAY });
    await control.advance(60_000);
    expect((await analytics.getAnalyticsConversationsDetailsJob(jobId)).state).toBe('FULFILLED');
    const results = await analytics.getAnalyticsConversationsDetailsJobResults(jobId);
    expect(results.conversations?.[0]?.participants?.[0]?.attributes).toEqual({ a: '1' });
    await analytics.deleteAnalyticsConversationsDetailsJob(jobId);
  });

  it('searches participants by an attribute', async () => {
    await using own = await setStage();
    own.emulator.control.start({ attributes: { 'crm.tier': 'gold' } });
    own.emulator.control.start({ attributes: { 'crm.tier': 'silver' } });
    await own.emulator.control.advance(60_000);
    const answer = await own.sdk.conversations.postConversationsParticipantsAttributesSearch({
      query: [{ type: 'EXACT', fields: ['crm.tier'], value: 'gold' }],
    });
    expect(answer.results).toHaveLength(1);
  });
});
