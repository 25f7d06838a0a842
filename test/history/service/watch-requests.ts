import { subscribe } from 'node:diagnostics_channel';
import { INSTANCE_HEADER } from '../emulated-platform.ts';

/** A request as undici tells of it. */
interface WireRequest {
  readonly origin: string | URL;
  readonly method: string;
  readonly path: string;
  addHeader(name: string, value: string): void;
}

export interface RequestWatch {
  readonly instance: string;
  /** Origins of the platform, of the sources, and of the webhook. */
  readonly peers: Readonly<Record<'platform' | 'lookup' | 'webhook', string>>;
  /** Right before its first byte is sent. */
  readonly onLeaves: (what: RequestKind, conversationId: string | undefined) => void;
  /** When the head of its answer has come in. */
  readonly onAnswered: (what: RequestKind) => void;
}

export type RequestKind = 'write' | 'lookup' | 'webhook';

const WRITE_PATH = /^\/api\/v2\/conversations\/([^/]+)\/participants\/[^/]+\/attributes$/;

/** Watches the requests of this process where they go on the wire, whichever room sends them. */
export function watchRequests({ instance, peers, onLeaves, onAnswered }: RequestWatch): void {
  const kindOf = ({ origin, method, path }: WireRequest): RequestKind | undefined => {
    const from = new URL(origin).origin;
    if (from === peers.platform) {
      return method === 'PATCH' && WRITE_PATH.test(path) ? 'write' : undefined;
    }
    if (from === peers.lookup) return 'lookup';
    return from === peers.webhook ? 'webhook' : undefined;
  };
  on('undici:request:create', (request) => {
    if (new URL(request.origin).origin === peers.platform) {
      request.addHeader(INSTANCE_HEADER, instance);
    }
  });
  on('undici:client:sendHeaders', (request) => {
    const kind = kindOf(request);
    if (kind !== undefined) onLeaves(kind, WRITE_PATH.exec(request.path)?.[1]);
  });
  on('undici:request:headers', (request) => {
    const kind = kindOf(request);
    if (kind !== undefined) onAnswered(kind);
  });
}

function on(name: string, hear: (request: WireRequest) => void): void {
  // Undici's documentation gives these three channels this message.
  subscribe(name, (message) => hear((message as { request: WireRequest }).request));
}
