import { WebSocket } from 'ws';
import { ManualClock } from '../../src/lib/manual-clock.ts';
import { startEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import type { EmulatorOptions } from '../../src/emulator/options.ts';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET } from '../../src/emulator/world/seed.ts';

/** JSON from outside, read as the platform's own users read it: by the names they expect. */
export type ForeignJson = ReturnType<typeof JSON.parse>;

/** A plain HTTP client of one emulator, with a token; shares no code with the product's client. */
export interface TestClient {
  readonly token: string;
  readonly call: (method: string, path: string, body?: unknown) => Promise<TestAnswer>;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ForeignJson;
}

export interface TestEmulator extends Emulator {
  readonly manual: ManualClock;
}

/** An emulator on a manual clock whose writes are applied at once, unless the options say otherwise. */
export async function startTestEmulator(options: EmulatorOptions = {}): Promise<TestEmulator> {
  const manual = new ManualClock();
  const attributes = { lagMs: 0, ...options.attributes };
  const emulator = await startEmulator({ clock: manual, ...options, attributes });
  return { ...emulator, manual };
}

export async function signIn(
  emulator: Emulator,
  id: string = DEFAULT_CLIENT_ID,
  secret: string = DEFAULT_CLIENT_SECRET,
): Promise<TestClient> {
  const answer = await fetch(`${emulator.loginUrl}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return clientWith(emulator, token);
}

export function clientWith(emulator: Emulator, token: string): TestClient {
  return {
    token,
    async call(method, path, body) {
      const answer = await fetch(`${emulator.apiUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return {
        status: answer.status,
        headers: answer.headers,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
      };
    },
  };
}

/** A socket that keeps what it hears and lets a test wait for the next frame of a kind. */
export interface TestSocket extends AsyncDisposable {
  readonly socket: WebSocket;
  readonly frames: ForeignJson[];
  next(isWanted: (frame: ForeignJson) => boolean): Promise<ForeignJson>;
  readonly closed: Promise<number>;
}

export async function openSocket(url: string): Promise<TestSocket> {
  const socket = new WebSocket(url);
  const frames: unknown[] = [];
  let wake: (() => void) | undefined;
  socket.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString('utf8')));
    wake?.();
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const next = async (isWanted: (frame: unknown) => boolean): Promise<unknown> => {
    for (;;) {
      const at = frames.findIndex((frame) => isWanted(frame));
      if (at !== -1) return frames.splice(at, 1)[0];
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return {
    socket,
    frames,
    next,
    closed,
    async [Symbol.asyncDispose]() {
      socket.terminate();
      await closed;
    },
  };
}
