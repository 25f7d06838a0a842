import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createStage, startOn } from './stage.fixture.ts';

async function send(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end(text);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

describe('what never comes to a route', () => {
  it.each([
    ['what is no HTTP', 'hello\r\n\r\n', 400, 'ERR_NO_HTTP'],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001', 400, 'ERR_NO_HTTP'],
    [
      'a head that is too large',
      `GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(3000)}\r\n\r\n`,
      431,
      'ERR_HEAD_TOO_LARGE',
    ],
    ['no host', 'GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'ERR_NO_HOST'],
    [
      'an expectation of something else',
      'POST /v1/lookup HTTP/1.1\r\nhost: x\r\nexpect: more\r\ncontent-length: 0\r\n\r\n',
      417,
      'ERR_EXPECTATION',
    ],
    [
      'an id that is too long',
      `GET /v1/conversations/${'x'.repeat(300)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      414,
      'ERR_PATH_TOO_LONG',
    ],
  ])('answers %s with a problem that says what to do', async (_what, text, status, code) => {
    await using server = await startOn(createStage(), { maxHeaderBytes: 2048 });
    const [head = '', body = ''] = (await send(server.url, text)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head.toLowerCase()).toContain('content-type: application/problem+json');
    expect(head.toLowerCase()).toContain('cache-control: no-store');
    const problem = /\{.*\}/s.exec(body)?.[0] ?? 'null';
    expect(JSON.parse(problem)).toMatchObject({ status, code, nextStep: expect.any(String) });
  });
});
