/**
 * The world around the service in a process of its own: the emulator and a CRM, each answering
 * after a set time. Tells its parent where they are, and at the end when each write arrived.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startEmulator } from '../src/emulator/index.ts';

export interface HostOrder {
  readonly conversations: number;
  readonly platformMs: number;
  readonly crmMs: number;
}

export type HostMessage =
  | {
      readonly kind: 'listening';
      readonly apiUrl: string;
      readonly crmUrl: string;
      readonly conversationIds: readonly string[];
    }
  /** When the first write of each conversation arrived, in epoch milliseconds, and how many there were. */
  | {
      readonly kind: 'writes';
      readonly firstAt: Readonly<Record<string, number>>;
      readonly total: number;
    };

const WRITE = /^\/api\/v2\/conversations\/.*?([0-9a-f-]{36})\/participants\/[^/]+\/attributes/;

const tell = (message: HostMessage): void => void process.send?.(message);

process.once('message', (order: HostOrder) => void host(order));

async function host({ conversations, platformMs, crmMs }: HostOrder): Promise<void> {
  const firstAt = new Map<string, number>();
  let total = 0;
  const emulator = await startEmulator({
    limits: { tokenPerWindow: 1_000_000_000, orgAppUserPerWindow: 1_000_000_000 },
    requestLogSize: 100,
    onExchange({ method, path }) {
      const id = method === 'PATCH' ? WRITE.exec(path)?.[1] : undefined;
      if (id === undefined) return;
      total += 1;
      // It is told once it is answered, which is so much later than it arrived.
      const at = performance.timeOrigin + performance.now() - platformMs;
      if (!firstAt.has(id)) firstAt.set(id, at);
    },
  });
  const crm = createServer((_request, response) => {
    setTimeout(() => {
      response.setHeader('content-type', 'application/json');
      response.end('{"id":"C-1","membership_tier":"gold","last_call_date":"2026-01-02"}');
    }, crmMs);
  });
  await new Promise<void>((resolve) => crm.listen(0, '127.0.0.1', resolve));
  const { port } = crm.address() as AddressInfo;
  const { control } = emulator;
  const conversationIds = Array.from({ length: conversations }, (_, n) => {
    const from = `+1555${String(1_000_000 + n)}`;
    return control.start({ from }).conversationId;
  });
  const latency = { distribution: 'fixed', ms: platformMs } as const;
  if (platformMs > 0) control.addFault({ kind: 'latency', latency });
  process.on('message', (message: 'writes' | 'stop') => {
    if (message === 'writes') {
      tell({ kind: 'writes', firstAt: Object.fromEntries(firstAt), total });
      return;
    }
    crm.closeAllConnections();
    crm.close();
    void emulator[Symbol.asyncDispose]().then(() => process.disconnect());
  });
  const crmUrl = `http://127.0.0.1:${port}/{key}`;
  tell({ kind: 'listening', apiUrl: emulator.apiUrl, crmUrl, conversationIds });
}
