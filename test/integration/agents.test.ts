import { describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import { asking, tokenOf, withAgents } from './agent.ts';
import { isVisible, startStage } from './service-stage.ts';

describe('an agent with a token of their own', () => {
  it('sees, follows and enriches the conversation that they are on, and nothing else', async () => {
    await using stage = await startStage({ config: withAgents });
    const { control } = stage.emulator;
    const { conversationId } = control.start({ from: customer(1).phone, queue: 'Support' });
    await stage.until(isVisible(conversationId));
    control.move(conversationId, { kind: 'answer', user: 'Ada Agent' });
    const ada = asking(stage, await tokenOf(stage.emulator, 'Ada Agent'));
    const ben = asking(stage, await tokenOf(stage.emulator, 'Ben Agent'));
    const path = `/v1/conversations/${conversationId}`;
    expect((await ada(path)).status).toBe(200);
    expect((await ben(path)).status).toBe(403);
    expect((await ada(`${path}/enrich`, {})).status).toBe(202);
    expect((await ben(`${path}/enrich`, {})).status).toBe(403);
    const issued = await ada('/v1/tickets', { conversationId });
    expect(issued.status).toBe(201);
    expect((await ben('/v1/tickets', { conversationId })).status).toBe(403);
    const { ticket } = (await issued.json()) as { ticket: string };
    const stream = await fetch(`${stage.service.url}${path}/events?ticket=${ticket}`);
    expect(stream.status).toBe(200);
    await stream.body?.cancel();
    for (const other of ['/v1/conversations', '/v1/events', '/v1/audit', '/v1/stats', '/metrics']) {
      expect([other, (await ada(other)).status]).toEqual([other, 403]);
    }
    expect((await ada('/v1/tickets', {})).status).toBe(403);
  });

  it('is let in, and out again with what they follow, as a reload says', async () => {
    let agents = false;
    await using stage = await startStage({
      config: (config) => ({ ...config, access: { agents } }),
    });
    const { control } = stage.emulator;
    const { conversationId } = control.start({ from: customer(1).phone, queue: 'Support' });
    await stage.until(isVisible(conversationId));
    control.move(conversationId, { kind: 'answer', user: 'Ada Agent' });
    const ada = asking(stage, await tokenOf(stage.emulator, 'Ada Agent'));
    const path = `/v1/conversations/${conversationId}`;
    expect((await ada(path)).status).toBe(401);
    agents = true;
    await stage.service.reload();
    const stream = await ada(`${path}/events`);
    expect(stream.status).toBe(200);
    agents = false;
    await stage.service.reload();
    await stream.text();
    expect((await ada(path)).status).toBe(401);
  });

  it('is told to come again while the platform cannot say whose token it is', async () => {
    await using stage = await startStage({ config: withAgents });
    const token = await tokenOf(stage.emulator, 'Ada Agent');
    stage.emulator.control.addFault({
      kind: 'reset',
      operation: 'GET /api/v2/users/me',
      commits: false,
    });
    const answer = await asking(stage, token)('/v1/conversations/x');
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { code: 'ERR_AGENT_UNKNOWN' },
    ]);
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  it('is nobody where agents may not come, and so is whoever made a token up', async () => {
    await using closed = await startStage();
    const ada = await tokenOf(closed.emulator, 'Ada Agent');
    expect((await asking(closed, ada)('/v1/conversations/x')).status).toBe(401);
    await using open = await startStage({ config: withAgents });
    expect((await asking(open, 'made-up-token')('/v1/conversations/x')).status).toBe(401);
  });
});
