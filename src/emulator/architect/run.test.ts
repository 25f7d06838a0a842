import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startTestEmulator } from '../../../test/fixtures/emulator-clients.ts';
import type { FlowStep } from './step.ts';

const flow = (steps: readonly FlowStep[], type = 'INBOUNDCALL') => ({
  name: 'Test flow',
  type,
  steps,
});

describe('Architect', () => {
  it('overwrites at its end what others wrote to a key that a voice flow set', async () => {
    await using emulator = await startTestEmulator();
    const { control } = emulator;
    control.addFlow(flow([{ set: { 'crm.tier': 'unknown' } }, { waitMs: 5000 }]));
    const { conversationId } = control.start({ flow: 'Test flow', queue: 'Support' });
    control.writeAttributes(conversationId, { 'crm.tier': 'gold', 'crm.id': 'C1' });
    expect(control.attributes(conversationId)).toEqual({ 'crm.tier': 'gold', 'crm.id': 'C1' });
    await control.advance(5000);
    expect(control.attributes(conversationId)).toEqual({ 'crm.tier': 'unknown', 'crm.id': 'C1' });
    expect(control.conversation(conversationId).participants.map((p) => p.purpose)).toEqual([
      'customer',
      'ivr',
      'acd',
    ]);
  });

  it('reports what each step saw', async () => {
    await using emulator = await startTestEmulator();
    const { control } = emulator;
    control.addFlow(
      flow([
        { get: 'crm.tier' },
        { waitMs: 1000 },
        { get: 'crm.tier' },
        { set: { greeting: 'Hello ${crm.tier}' } },
      ]),
    );
    const { conversationId } = control.start({ flow: 'Test flow', queue: 'Support' });
    control.writeAttributes(conversationId, { 'crm.tier': 'gold' });
    await control.advance(1000);
    const [run] = control.flowRuns(conversationId);
    expect(run?.steps.map(({ kind, values }) => [kind, values])).toEqual([
      ['get', { 'crm.tier': null }],
      ['wait', undefined],
      ['get', { 'crm.tier': 'gold' }],
      ['set', { greeting: 'Hello gold' }],
    ]);
    expect(run?.endedAt).toBe(emulator.clock.wallMs());
  });

  it('does not see in a voice flow what came after its start, where the local copy holds all keys', async () => {
    await using emulator = await startTestEmulator({ architect: { voiceReads: 'all-keys' } });
    const { control } = emulator;
    control.addFlow(flow([{ waitMs: 1000 }, { get: 'crm.tier' }]));
    const { conversationId } = control.start({ flow: 'Test flow', queue: 'Support' });
    control.writeAttributes(conversationId, { 'crm.tier': 'gold' });
    await control.advance(1000);
    expect(control.flowRuns(conversationId)[0]?.steps.at(-1)?.values).toEqual({ 'crm.tier': null });
  });

  it('works on the cloud itself in a message flow', async () => {
    await using emulator = await startTestEmulator();
    const { control } = emulator;
    control.addFlow(flow([{ set: { a: 'flow' } }, { waitMs: 1000 }], 'INBOUNDSHORTMESSAGE'));
    const { conversationId } = control.start({
      media: 'messages',
      flow: 'Test flow',
      queue: 'Support',
    });
    expect(control.attributes(conversationId)).toEqual({ a: 'flow' });
    control.writeAttributes(conversationId, { a: 'api' });
    await control.advance(1000);
    expect(control.attributes(conversationId)).toEqual({ a: 'api' });
  });

  it('writes its local copy also when the caller hangs up in the middle', async () => {
    await using emulator = await startTestEmulator();
    const { control } = emulator;
    control.addFlow(flow([{ set: { a: 'flow' } }, { waitMs: 1000 }, { set: { b: 'never' } }]));
    const { conversationId } = control.start({ flow: 'Test flow', queue: 'Support' });
    control.end(conversationId);
    expect(control.attributes(conversationId)).toEqual({ a: 'flow' });
    await control.advance(1000);
    expect(control.attributes(conversationId)).toEqual({ a: 'flow' });
  });

  it('calls a data action and goes on with its answer', async () => {
    await using emulator = await startTestEmulator();
    const { control } = emulator;
    const asked: unknown[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      request.on('end', () => {
        asked.push(JSON.parse(body));
        response.end(JSON.stringify({ tier: 'gold', open: 3 }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/lookup`;
    control.addFlow(
      flow([
        { callDataAction: { url, input: { from: 'flow' } } },
        { set: { seen: '${tier}/${open}' } },
      ]),
    );
    const { conversationId, participantId } = control.start({
      flow: 'Test flow',
      queue: 'Support',
    });
    while (control.flowRuns(conversationId)[0]?.endedAt === undefined) {
      await new Promise((wake) => setImmediate(wake));
    }
    await new Promise((resolve) => server.close(resolve));
    expect(asked).toEqual([{ conversationId, participantId, from: 'flow' }]);
    expect(control.attributes(conversationId)).toEqual({ seen: 'gold/3' });
  });
});
