import { describe, expect, it } from 'vitest';
import { RapportError } from '../../domain/errors.ts';
import { resolveListen, type ListenDirectory } from './resolve-listen.ts';

const never = new AbortController().signal;

function directory(known: Readonly<Record<string, string>>, outage?: Error): ListenDirectory {
  const find = async (name: string): Promise<{ id: string }> => {
    if (outage !== undefined) throw outage;
    const id = known[name];
    if (id !== undefined) return { id };
    throw new RapportError({
      code: 'ERR_GENESYS_NO_SUCH_QUEUE',
      message: `no ${name}`,
      nextStep: `Similar to ${name}: x.`,
    });
  };
  return { findQueue: find, findUser: find };
}

describe('resolveListen', () => {
  it('gives one topic per queue and user, however often it was named', async () => {
    const names = { maxChannels: 1, queues: ['Support', 'q1', 'Sales'], users: ['ann@x.example'] };
    const known = { Support: 'q1', q1: 'q1', Sales: 'q2', 'ann@x.example': 'u1' };
    const targets = await resolveListen(names, directory(known), never);
    expect(targets.topics).toEqual([
      'v2.routing.queues.q1.conversations',
      'v2.routing.queues.q2.conversations',
      'v2.users.u1.conversations',
    ]);
    expect([...targets.queueIds, ...targets.userIds]).toEqual(['q1', 'q2', 'u1']);
  });

  it('reports all names that do not exist at once', async () => {
    const names = { maxChannels: 1, queues: ['Suport', 'Sales'], users: ['an'] };
    await expect(resolveListen(names, directory({ Sales: 'q2' }), never)).rejects.toMatchObject({
      code: 'ERR_LISTEN_UNKNOWN',
      message: 'cannot listen: no Suport; no an',
      nextStep: 'Similar to Suport: x. Similar to an: x.',
      fault: 'user',
    });
  });

  it('says at once when the topics do not fit into the channels', async () => {
    const queues = Array.from({ length: 1001 }, (_, n) => `q${n}`);
    const known = Object.fromEntries(queues.map((queue) => [queue, queue]));
    const resolving = resolveListen({ queues, users: [], maxChannels: 1 }, directory(known), never);
    await expect(resolving).rejects.toMatchObject({ code: 'ERR_LISTEN_TOO_MUCH' });
  });

  it('does not take an outage for a wrong name', async () => {
    const outage = new RapportError({ code: 'ERR_DOWN', message: 'down', fault: 'platform' });
    const names = { maxChannels: 1, queues: ['Support'], users: [] };
    await expect(resolveListen(names, directory({}, outage), never)).rejects.toBe(outage);
  });
});
