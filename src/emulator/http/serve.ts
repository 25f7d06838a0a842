import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from './body.ts';
import type { Front } from './front.ts';
import { write } from './write.ts';

/** Carries HTTP requests to the front and its answers back. */
export function serveOver(
  front: Front,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const { ending, headers } = await front({
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      headers: request.headers,
      body: readBody(request),
      isCutOff: () => request.destroyed && !request.complete,
    });
    if (ending.kind === 'answer') write(request, response, { ...ending.answer, headers });
    if (ending.kind === 'reset') request.socket.resetAndDestroy();
  };
}
