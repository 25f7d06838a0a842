/**
 * The emulator in a test of your own, here with Node's test runner: a write that lands although the
 * connection is cut, and a token that expires, both in milliseconds.
 *
 *     node -C rapport-source examples/emulator-in-a-test.ts
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from 'rapport-cx';
import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  startEmulator,
  type Emulator,
} from 'rapport-cx/emulator';

const AN_HOUR_MS = 3_600_000;

await test('a program must read before it repeats a write whose answer was lost', async () => {
  await using emulator = await startEmulator({ attributes: { lagMs: 0 } });
  const { conversationId, participantId } = emulator.control.start({ queue: 'Support' });
  emulator.control.addFault({
    kind: 'reset',
    operation: 'PATCH /api/v2/conversations/**',
    commits: true,
    times: 1,
  });
  const token = await signIn(emulator);
  const path = `/api/v2/conversations/${conversationId}/participants/${participantId}/attributes`;
  const write = fetch(emulator.apiUrl + path, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ attributes: { 'crm.tier': 'gold' } }),
  });
  await assert.rejects(write);
  assert.deepEqual(emulator.control.attributes(conversationId), { 'crm.tier': 'gold' });
});

await test('a program must sign in again after a day', async () => {
  const clock = new ManualClock();
  await using emulator = await startEmulator({ clock });
  const token = await signIn(emulator);
  const status = async (): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${emulator.apiUrl}/api/v2/tokens/me`, { headers })).status;
  };
  assert.equal(await status(), 200);
  await clock.advance(25 * AN_HOUR_MS);
  assert.equal(await status(), 401);
});

async function signIn({ loginUrl }: Emulator): Promise<string> {
  const response = await fetch(`${loginUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: DEFAULT_CLIENT_ID,
      client_secret: DEFAULT_CLIENT_SECRET,
    }),
  });
  const { access_token: token } = (await response.json()) as { readonly access_token: string };
  return token;
}
