import { describe, expect, it } from 'vitest';
import { createKey } from '../../src/access/keys.ts';
import type { Scope } from '../../src/access/principal.ts';
import { customer } from '../../src/demo/customers.ts';
import { startCrmServer } from '../support/crm-server.ts';
import {
  call,
  framesUntil,
  isVisible,
  json,
  post,
  startStage,
  type Running,
} from './service-stage.ts';

type Changes = Record<string, unknown>;

/** A key of the configuration, and what sends it. */
function aKey(
  name: string,
  ...scopes: Scope[]
): { entry: object; headers: Record<string, string> } {
  const { key, record } = createKey({ name, scopes });
  return { entry: record, headers: { authorization: `Bearer ${key}` } };
}

const follow = (
  { service }: Running,
  path: string,
  headers?: Record<string, string>,
): Promise<Response> => fetch(`${service.url}${path}`, { ...(headers && { headers }) });

describe('a configuration that is read again', () => {
  it('takes another mapping, other sources and other keys while it runs, and nothing that is wrong', async () => {
    let changes: Changes = {};
    await using stage = await startStage({ config: (config) => ({ ...config, ...changes }) });
    const look = (): Promise<unknown> =>
      json(call(stage, '/v1/lookup', post({ phone: customer(1).phone })));
    expect(await look()).toMatchObject({ attributes: { 'crm.tier': 'gold' } });
    const attributes = { tier: { from: 'crm.membership_tier' } };
    changes = { attributes, listen: { queues: ['Support'] } };
    expect(await json(call(stage, '/v1/reload', post({})))).toEqual({
      applied: ['attributes'],
      needsRestart: ['listen'],
    });
    expect(await look()).toMatchObject({ attributes: { tier: 'gold' } });
    changes = {
      attributes,
      sources: {
        crm: { type: 'static', values: { [customer(1).phone]: { membership_tier: 'x' } } },
      },
    };
    expect((await stage.service.reload()).applied).toContain('sources');
    expect(await look()).toMatchObject({ attributes: { tier: 'x' } });
    const inForce = changes;
    changes = { ...inForce, attributes: { tier: { from: 'nothing.tier' } } };
    const refused = await call(stage, '/v1/reload', post({}));
    expect(refused.status).toBe(422);
    expect(await look()).toMatchObject({ attributes: { tier: 'x' } });
  });

  it('names what needs a restart until there is one, whatever else is changed meanwhile', async () => {
    let changes: Changes = {};
    await using stage = await startStage({ config: (config) => ({ ...config, ...changes }) });
    changes = {
      listen: { queues: ['Support'] },
      service: { port: 1, apiKey: 'another-key-for-the-tests' },
    };
    expect(await stage.service.reload()).toEqual({
      applied: ['service.apiKey'],
      needsRestart: ['listen', 'service.port'],
    });
    changes = { ...changes, statusKey: 'crm.status' };
    expect(await stage.service.reload()).toEqual({
      applied: ['statusKey'],
      needsRestart: ['listen', 'service.port'],
    });
    changes = { statusKey: 'crm.status' };
    expect(await stage.service.reload()).toEqual({ applied: ['service.apiKey'], needsRestart: [] });
  });

  it('tells another webhook, or one where there was none, and goes on when there is none again', async () => {
    await using sink = await startCrmServer();
    let changes: Changes = {};
    await using stage = await startStage({ config: (config) => ({ ...config, ...changes }) });
    const enrich = async (n: number): Promise<string> => {
      const { conversationId } = stage.emulator.control.start({
        from: customer(n).phone,
        queue: 'Support',
      });
      await stage.until(isVisible(conversationId));
      return conversationId;
    };
    await enrich(1);
    changes = { analytics: { url: `${sink.url}/first` } };
    expect((await stage.service.reload()).applied).toEqual(['analytics']);
    const told = await enrich(2);
    await sink.arrivals(1);
    changes = { analytics: { url: `${sink.url}/second` } };
    await stage.service.reload();
    const toldElsewhere = await enrich(3);
    await sink.arrivals(2);
    changes = {};
    await stage.service.reload();
    await enrich(4);
    expect(
      sink.requests.map(({ target, body }) => [
        target,
        (JSON.parse(body) as { conversationId: string }).conversationId,
      ]),
    ).toEqual([
      ['/first', told],
      ['/second', toldElsewhere],
    ]);
    const { destinations } = (await json(call(stage, '/v1/stats')))['process'] as Changes;
    expect(destinations).toEqual({});
  });

  it('writes as it says from the next write on', async () => {
    let changes: Changes = {};
    await using stage = await startStage({
      emulator: { profile: 'tutorials' },
      config: (config) => ({ ...config, ...changes }),
    });
    const { conversationId, participantId } = stage.emulator.control.start({
      from: customer(1).phone,
    });
    const path = `/v1/conversations/${conversationId}/attributes?wait=visible&timeoutMs=10000`;
    const set = (tier: string): Promise<unknown> =>
      json(call(stage, path, { method: 'PATCH', body: JSON.stringify({ attributes: { tier } }) }));
    await set('gold');
    changes = { write: { profile: 'participant-patch' } };
    expect((await stage.service.reload()).applied).toEqual(['write']);
    await set('silver');
    const writes = stage.emulator.control.requests().filter(({ method }) => method === 'PATCH');
    const participant = `/api/v2/conversations/${conversationId}/participants/${participantId}`;
    expect(writes.map((write) => write.path)).toEqual([`${participant}/attributes`, participant]);
  });

  it('ends the streams of a key that it leaves out, and its tickets, and no others', async () => {
    const desk = aKey('desk', 'read');
    const wall = aKey('wall', 'read');
    let changes: Changes = { access: { keys: [desk.entry, wall.entry] } };
    await using stage = await startStage({ config: (config) => ({ ...config, ...changes }) });
    const { ticket } = await json(
      fetch(`${stage.service.url}/v1/tickets`, {
        method: 'POST',
        headers: { ...desk.headers, 'content-type': 'application/json' },
        body: '{}',
      }),
    );
    const ended = await follow(stage, '/v1/events', desk.headers);
    const staying = await follow(stage, '/v1/events', wall.headers);
    changes = { access: { keys: [wall.entry] } };
    expect((await stage.service.reload()).applied).toEqual(['access']);
    await ended.text();
    expect(await json(follow(stage, `/v1/events?ticket=${String(ticket)}`))).toMatchObject({
      status: 401,
      detail: expect.stringContaining('revoked'),
    });
    const { conversationId } = stage.emulator.control.start({
      from: customer(1).phone,
      queue: 'Support',
    });
    await framesUntil(staying, conversationId);
  });

  it('is refused when it would leave no key, and nothing has changed', async () => {
    let changes: Changes = {};
    await using stage = await startStage({ config: (config) => ({ ...config, ...changes }) });
    changes = { service: { port: 0 }, attributes: { other: { from: 'crm.id' } } };
    const refused = await call(stage, '/v1/reload', post({}));
    expect([refused.status, await refused.json()]).toMatchObject([422, { code: 'ERR_NO_API_KEY' }]);
    const looked = await json(call(stage, '/v1/lookup', post({ phone: customer(1).phone })));
    expect(looked['attributes']).not.toHaveProperty('other');
  });

  it('ends the key that was made at the start once it names one', async () => {
    let changes: Changes = { service: { port: 0 } };
    await using stage = await startStage({ config: (config) => ({ ...config, ...changes }) });
    const { generatedKey = '' } = stage.service;
    const asGenerated = { authorization: `Bearer ${generatedKey}` };
    const status = async (): Promise<number> =>
      (await follow(stage, '/v1/stats', asGenerated)).status;
    expect(await status()).toBe(200);
    changes = { ...changes, access: { keys: [aKey('desk', 'read').entry] } };
    await stage.service.reload();
    expect(await status()).toBe(401);
    changes = { service: { port: 0 } };
    await stage.service.reload();
    expect(await status()).toBe(200);
  });
});
