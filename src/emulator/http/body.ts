import type { IncomingMessage } from 'node:http';
import { badRequest, tooLarge, unsupportedMediaType } from './errors.ts';

/** Largest request body, in bytes. Source: `request.bytes.max`, developer centre, limits page, checked 2026-11. */
export const REQUEST_BYTES_MAX = 512_000;

/** Reads the whole body. @throws {PlatformError} 413 as soon as it is over the limit */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (length === undefined && coding === undefined) return Buffer.alloc(0);
  const declared = Number(length ?? 0);
  if (declared > REQUEST_BYTES_MAX) throw tooLarge(REQUEST_BYTES_MAX);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > REQUEST_BYTES_MAX) throw tooLarge(REQUEST_BYTES_MAX);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** @throws {PlatformError} 415 for another content type, 400 for what is not JSON */
export function parseJson(body: Buffer, contentType: string | undefined): unknown {
  if (body.length === 0) return undefined;
  if (contentType !== undefined && !/^application\/(\S+\+)?json\b/i.test(contentType)) {
    throw unsupportedMediaType();
  }
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (cause) {
    const error = badRequest();
    error.cause = cause;
    throw error;
  }
}

export function parseForm(body: Buffer): URLSearchParams {
  return new URLSearchParams(body.toString('utf8'));
}
