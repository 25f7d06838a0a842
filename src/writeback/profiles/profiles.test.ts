import { describe, expect, it } from 'vitest';
import { parseConversationId, parseParticipantId } from '../../domain/ids.ts';
import { PlatformError } from '../../genesys/errors.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import type { PlatformPort, PortRequest } from '../platform-port.ts';
import { findProfile } from './find-profile.ts';
import { WRITE_PROFILE_NAMES, type Changes, type WriteProfileName } from './profile.ts';

const TARGET = {
  conversationId: parseConversationId('c1'),
  participantId: parseParticipantId('p1'),
};

const unused = (): never => {
  throw new Error('not used by any profile');
};

/** A gateway that takes the paths of every profile and keeps what was sent. */
class Gateway {
  readonly sent: { readonly method: string; readonly path: string; readonly body: unknown }[] = [];
  attributes: Record<string, string> = { 'ivr.language': 'en', 'crm.tier': 'silver' };
  conflicts = 0;
  readonly clock = new ManualClock();
  readonly #controller = new AbortController();

  async write(name: WriteProfileName, changes: Changes): Promise<void> {
    const written = findProfile(name).write(TARGET, changes, {
      port: this.#port(),
      call: { signal: this.#controller.signal, lane: 'live' },
      clock: this.clock,
      random: () => 0.5,
    });
    const state = { isDone: false };
    const stop = (): void => void (state.isDone = true);
    written.then(stop, stop);
    for (let i = 0; i < 100 && !state.isDone; i++) await this.clock.advance(500);
    await written;
  }

  #port(): PlatformPort {
    return {
      getConversation: unused,
      getSecureAttributes: unused,
      patchSecureAttributes: unused,
      patchAttributes: async (_target, changes) => {
        const body = Object.fromEntries(changes);
        this.sent.push({ method: 'PATCH', path: 'attributes', body });
      },
      send: async (request) => this.#answer(request),
    };
  }

  #answer({ method, path, body }: PortRequest): unknown {
    this.sent.push({ method, path, body });
    if (method === 'GET') return { attributes: this.attributes, state: 'connected' };
    if (this.conflicts > 0) {
      this.conflicts -= 1;
      this.attributes = { ...this.attributes, 'from.another': 'writer' };
      throw new PlatformError({
        code: 'ERR_GENESYS_CONFLICT',
        message: 'answered 409',
        operation: 'patch',
        status: 409,
        retryable: true,
      });
    }
    return {};
  }
}

const GOLD: Changes = new Map([['crm.tier', 'gold']]);

describe('findProfile', () => {
  it('knows every profile by its name', () => {
    expect(WRITE_PROFILE_NAMES.map((name) => findProfile(name).name)).toEqual(WRITE_PROFILE_NAMES);
  });

  it('lets participant-patch alone send null', () => {
    const able = WRITE_PROFILE_NAMES.filter((name) => findProfile(name).sendsNull);
    expect(able).toEqual(['participant-patch']);
  });
});

describe('attributesProfile', () => {
  it('sends the changed keys alone, and an empty text for a removed one', async () => {
    const gateway = new Gateway();
    await gateway.write('attributes', new Map([...GOLD, ['crm.note', null]]));
    expect(gateway.sent).toEqual([
      { method: 'PATCH', path: 'attributes', body: { 'crm.tier': 'gold', 'crm.note': '' } },
    ]);
  });
});

describe('voiceMergeProfile', () => {
  const path = '/api/v2/conversations/voice/c1/participants/p1';

  it('reads, merges and writes the whole map', async () => {
    const gateway = new Gateway();
    await gateway.write('voice-merge', GOLD);
    expect(gateway.sent).toEqual([
      { method: 'GET', path, body: undefined },
      {
        method: 'PATCH',
        path,
        body: { attributes: { 'ivr.language': 'en', 'crm.tier': 'gold' } },
      },
    ]);
  });

  it('reads and merges again after a conflict, and so keeps the other writer’s key', async () => {
    const gateway = new Gateway();
    gateway.conflicts = 2;
    await gateway.write('voice-merge', GOLD);
    expect(gateway.sent.map((one) => one.method)).toEqual([
      'GET',
      'PATCH',
      'GET',
      'PATCH',
      'GET',
      'PATCH',
    ]);
    expect(gateway.sent.at(-1)?.body).toEqual({
      attributes: { 'ivr.language': 'en', 'crm.tier': 'gold', 'from.another': 'writer' },
    });
  });

  it('gives up after five conflicts', async () => {
    const gateway = new Gateway();
    gateway.conflicts = 99;
    await expect(gateway.write('voice-merge', GOLD)).rejects.toThrow('answered 409');
    expect(gateway.sent.filter((one) => one.method === 'PATCH').length).toBe(5);
  });
});

describe('participantPatchProfile', () => {
  it('sends changed keys without reading, and null for a removed one', async () => {
    const gateway = new Gateway();
    await gateway.write('participant-patch', new Map([...GOLD, ['crm.note', null]]));
    expect(gateway.sent).toEqual([
      {
        method: 'PATCH',
        path: '/api/v2/conversations/c1/participants/p1',
        body: { attributes: { 'crm.tier': 'gold', 'crm.note': null } },
      },
    ]);
  });
});

describe('participantMergeProfile', () => {
  it('sends the merged map and the state that it read', async () => {
    const gateway = new Gateway();
    await gateway.write('participant-merge', GOLD);
    expect(gateway.sent.at(-1)?.body).toEqual({
      attributes: { 'ivr.language': 'en', 'crm.tier': 'gold' },
      state: 'connected',
    });
  });
});

describe('conversationProfile', () => {
  it('sends the changed keys to the conversation', async () => {
    const gateway = new Gateway();
    await gateway.write('conversation', GOLD);
    expect(gateway.sent).toEqual([
      {
        method: 'PATCH',
        path: '/api/v2/conversations/c1',
        body: { attributes: { 'crm.tier': 'gold' } },
      },
    ]);
  });

  it('keeps a hostile key a key', async () => {
    const gateway = new Gateway();
    await gateway.write('conversation', new Map([['__proto__', 'x']]));
    expect(JSON.stringify(gateway.sent[0]?.body)).toBe('{"attributes":{"__proto__":"x"}}');
  });
});
