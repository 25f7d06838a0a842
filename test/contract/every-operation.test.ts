import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SupportedOperation } from '../../src/emulator/index.ts';
import { idOf, setStage, type Stage } from './stage.ts';

/** Bodies that an operation needs to succeed; the others are called without. */
const BODIES: Readonly<Record<string, unknown>> = {
  attributes: { attributes: { 'crm.tier': 'gold' } },
  subscriptions: [],
};

let stage: Stage;
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  stage = await setStage();
  const { emulator, sdk } = stage;
  const started = emulator.control.start({ queue: 'Support' });
  const channel = await sdk.notifications.postNotificationsChannels();
  const flowId = idOf(emulator, 'flows', 'Inbound support');
  const flow = await sdk.architect.getFlow(flowId);
  ids = {
    ...started,
    flowId,
    versionId: flow.publishedVersion?.id ?? '',
    queueId: idOf(emulator, 'queues', 'Support'),
    userId: idOf(emulator, 'users', 'Ada Agent'),
    channelId: channel.id ?? '',
  };
});
afterAll(() => stage[Symbol.asyncDispose]());

/** The operation's path with ids of what is there, or with ones of nothing. */
function pathOf({ path }: SupportedOperation, known: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => known[name] ?? randomUUID());
}

/** The status of the answer, through the SDK's own client. */
async function statusOf({ method }: SupportedOperation, path: string): Promise<number> {
  const { sdk } = stage;
  sdk.api.setReturnExtendedResponses(true);
  const body = BODIES[path.split('/').at(-1) ?? ''];
  const answer = await sdk.call(method, path, body).catch((error: unknown) => error);
  return (answer as { readonly status: number }).status;
}

/** Reading first, so that nothing is gone before it was looked at. */
const ORDER = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

// What each answer looks like is judged by the contract's validator after each test.
describe('the official SDK, on every operation that the emulator has', () => {
  it('is never answered with a defect, a wrong method or a missing operation', async () => {
    const operations = stage.emulator.operations.toSorted(
      (a, b) => ORDER.indexOf(a.method) - ORDER.indexOf(b.method),
    );
    const wrong: string[] = [];
    for (const operation of operations) {
      if (operation.path.endsWith('/tokens/me') && operation.method === 'DELETE') continue;
      for (const known of [ids, {}]) {
        const path = pathOf(operation, known);
        const status = await statusOf(operation, path);
        if (status === 405 || status >= 500) wrong.push(`${operation.method} ${path}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(operations.length).toBeGreaterThan(40);
  });
});
