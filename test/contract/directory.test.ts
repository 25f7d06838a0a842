import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rejectionOf } from './sdk-client.ts';
import { idOf, setStage, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

describe('the official SDK, on flows', () => {
  it('reads a flow and what it takes', async () => {
    const id = idOf(stage.emulator, 'flows', 'Inbound support');
    const flow = await stage.sdk.architect.getFlow(id);
    expect(flow).toMatchObject({
      id,
      type: 'INBOUNDCALL',
      inputSchema: {
        properties: { 'crm.customerId': { type: 'string' }, 'orders.open': { type: 'integer' } },
      },
    });
    const version = flow.publishedVersion?.id ?? '';
    expect(await stage.sdk.architect.getFlowVersion(id, version)).toMatchObject({ id: version });
    expect((await stage.sdk.architect.getFlowVersions(id)).entities).toHaveLength(1);
    expect(await stage.sdk.architect.getFlowVersionConfiguration(id, version)).toEqual({});
    expect(await stage.sdk.architect.getFlowLatestconfiguration(id)).toEqual({});
  });

  it('lists flows by name', async () => {
    const all = await stage.sdk.architect.getFlows({ name: 'Inbound*', includeSchemas: true });
    expect(all.entities?.map((flow) => flow.name)).toEqual(['Inbound support']);
    const none = await stage.sdk.architect.getFlows({ name: 'Outbound*' });
    expect(none.entities).toEqual([]);
  });

  it('is told that a flow does not exist or was deleted', async () => {
    const deleted = stage.emulator.control.addFlow({ name: 'Old', deleted: true });
    expect(await rejectionOf(stage.sdk.architect.getFlow('f1'))).toMatchObject({
      status: 404,
      code: 'architect.flow.not.found',
    });
    expect(await rejectionOf(stage.sdk.architect.getFlow(deleted))).toMatchObject({
      status: 410,
      code: 'architect.flow.deleted',
    });
  });
});

describe('the official SDK, on queues and users', () => {
  it('reads and lists queues', async () => {
    const id = idOf(stage.emulator, 'queues', 'Support');
    expect(await stage.sdk.routing.getRoutingQueue(id)).toMatchObject({ id, name: 'Support' });
    const { entities } = await stage.sdk.routing.getRoutingQueues({ name: 'S*' });
    expect(entities?.map((queue) => queue.name)).toEqual(['Sales', 'Support']);
    expect(await rejectionOf(stage.sdk.routing.getRoutingQueue('q1'))).toMatchObject({
      status: 404,
    });
  });

  it('reads and lists users', async () => {
    const id = idOf(stage.emulator, 'users', 'Ada Agent');
    expect(await stage.sdk.users.getUser(id)).toMatchObject({ id, name: 'Ada Agent' });
    const { entities } = await stage.sdk.users.getUsers();
    expect(entities?.length).toBe(3);
  });

  it('may not see what its roles do not reach', async () => {
    const { control } = stage.emulator;
    control.addClient({ id: 'weak', secret: 'weak-secret', permissions: [] });
    const queue = idOf(stage.emulator, 'queues', 'Support');
    await using weak = await setStage({
      organization: {
        clients: [{ id: 'rapport-demo', secret: 'rapport-demo-secret', permissions: [] }],
      },
    });
    expect(await rejectionOf(weak.sdk.routing.getRoutingQueue(queue))).toMatchObject({
      status: 403,
      code: 'missing.permissions',
    });
    const { conversationId } = weak.emulator.control.start();
    const read = weak.sdk.conversations.getConversation(conversationId);
    expect(await rejectionOf(read)).toMatchObject({
      status: 403,
      code: 'missing.any.permissions',
      message: expect.stringContaining('conversation:communication:view'),
    });
  });
});
