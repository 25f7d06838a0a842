import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './route.ts';

export function write(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const payload = payloadOf(answer);
  const hasBody = payload.length > 0 && request.method !== 'HEAD' && answer.status !== 204;
  // What was not read of a body that was refused must not be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  const type = answer.html === undefined ? 'application/json' : 'text/html; charset=utf-8';
  response.writeHead(answer.status, {
    ...(hasBody ? { 'content-type': type } : {}),
    'content-length': hasBody ? payload.length : 0,
    ...answer.headers,
  });
  response.end(hasBody ? payload : undefined);
}

function payloadOf({ html, body }: Answer): Buffer {
  if (html !== undefined) return Buffer.from(html);
  return body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
}
