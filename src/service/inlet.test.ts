import { describe, expect, it } from 'vitest';
import type { EnrichmentRequest } from '../domain/request.ts';
import { createIntake } from '../intake/create-intake.ts';
import { createSeen } from '../intake/seen.ts';
import type { Acceptance } from '../ledger/ledger.ts';
import { Inlet, type Follower } from './inlet.ts';

const CONVERSATION = '6d3a1f3e-0001-4a6e-9d7c-0d6f5f3f0001';

const started = (event: string, body: object): unknown => ({
  topicName: `v2.detail.events.conversation.${CONVERSATION}.${event}`,
  eventBody: { conversationId: CONVERSATION, ...body },
});
const ROUTED = started('acd.start', { queueId: 'support' });
const CUSTOMER = started('customer.start', { participantId: 'p1', mediaType: 'VOICE' });

/** A frame that carries its conversation. */
const frameOf = (id: string): unknown => ({
  topicName: 'v2.routing.queues.a-queue.conversations',
  eventBody: {
    id,
    participants: [{ id: 'p1', purpose: 'customer', calls: [{ state: 'connected' }] }],
  },
});

const NOBODY: Follower = {
  isFollowed: () => false,
  follow: () => false,
  unfollow: () => undefined,
};

interface Stage {
  readonly inlet: Inlet;
  /** Commits of a store that takes its time: each resolves when it is told to. */
  readonly commits: PromiseWithResolvers<void>[];
  readonly requests: EnrichmentRequest[];
}

function createStage(follower: Follower = NOBODY): Stage {
  const commits: PromiseWithResolvers<void>[] = [];
  const asked: EnrichmentRequest[] = [];
  const accept = async (requests: readonly EnrichmentRequest[]): Promise<readonly Acceptance[]> => {
    if (requests.length === 0) return [];
    asked.push(...requests);
    const commit = Promise.withResolvers<void>();
    commits.push(commit);
    await commit.promise;
    return requests.map(({ id, conversationId }) => ({
      id,
      conversationId,
      duplicate: false,
      skipped: undefined,
    }));
  };
  let ids = 0;
  const inlet = new Inlet({
    intake: createIntake({ seen: createSeen(), listensTo: () => true }),
    acceptor: { accept },
    observe: async () => undefined,
    follower,
    newId: () => `id-${(ids += 1)}`,
  });
  return { inlet, commits, requests: asked };
}

describe('Inlet', () => {
  it('has a conversation read anew whose event was kept for a while', async () => {
    const { inlet, commits, requests } = createStage();
    for (const [n, isLate] of [false, true].entries()) {
      const receipt = inlet.take(frameOf(`c${n}`), { isLate });
      commits[n]?.resolve();
      await receipt;
    }
    const carried = requests.map(({ body }) => body.conversation?.id);
    expect(carried).toEqual(['c0', undefined]);
    await expect(inlet.take(frameOf('c1'), { isLate: true })).resolves.toMatchObject({
      accepted: [],
    });
  });

  it('knows of an event that was kept for a while, too, that a topic shows its conversation', async () => {
    const shown: unknown[] = [];
    const { inlet, commits } = createStage({
      ...NOBODY,
      follow: (_, options) => shown.push(options?.isShown) > 0,
    });
    const receipt = inlet.take(frameOf('c1'), { isLate: true });
    commits[0]?.resolve();
    await receipt;
    expect(shown).toEqual([true]);
  });

  it('takes one request of events that tell of one beginning together', async () => {
    const { inlet, commits } = createStage();
    const receipts = Promise.all([inlet.take(ROUTED), inlet.take(CUSTOMER)]);
    for (const commit of commits) commit.resolve();
    const [routed, customer] = await receipts;
    expect(routed.accepted).toHaveLength(1);
    expect(customer.accepted).toHaveLength(0);
    expect(commits).toHaveLength(1);
  });

  it('takes the request of the second where the first could not be made durable', async () => {
    const { inlet, commits } = createStage();
    const routed = inlet.take(ROUTED);
    const customer = inlet.take(CUSTOMER);
    commits[0]?.reject(new Error('the disk is full'));
    await expect(routed).rejects.toThrow('the disk is full');
    while (commits.length < 2) await new Promise((next) => void setImmediate(next));
    commits[1]?.resolve();
    expect((await customer).accepted).toHaveLength(1);
  });
});
