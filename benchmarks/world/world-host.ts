/**
 * The world around a service in a process of its own: the emulator and a CRM, each answering after a
 * set time. It notes when each request came and when its answer left, before either sees it, so that
 * what they really took can be told from what the service took.
 */
import { channel } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startEmulator, type Emulator } from '../../src/emulator/index.ts';
import { answerParent } from '../kit/host.ts';
import { now } from '../kit/instant.ts';
import { Notebook } from './notebook.ts';
import type { World, WorldOrder, WorldQuestions } from './questions.ts';

const CRM_RECORD = '{"id":"C-1","membership_tier":"gold","last_call_date":"2026-01-02"}';
/** Numbers that the phone library takes for real ones; the CRM is asked for each but once. */
const phoneOf = (index: number): string => `+1555${String(1_000_000 + index)}`;

const notebook = new Notebook();
let emulator: Emulator;
let crm: Server;
let crmMs = 0;

interface Seen {
  readonly request: IncomingMessage;
  readonly server: Server;
}

channel('http.server.request.start').subscribe((message) => {
  const { request, server } = message as Seen;
  if (server === crm) notebook.crmAsked(request.url ?? '', now());
  else notebook.platformAsked(request.method ?? '', request.url ?? '', now());
});
channel('http.server.response.finish').subscribe((message) => {
  const { request, server } = message as Seen;
  if (server === crm) notebook.crmAnswered(request.url ?? '', now());
  else notebook.platformAnswered(request.method ?? '', request.url ?? '', now());
});

async function startCrm(): Promise<Server> {
  const server = createServer((_request, response) => {
    setTimeout(() => {
      response.setHeader('content-type', 'application/json');
      response.end(CRM_RECORD);
    }, crmMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function start(order: WorldOrder): Promise<World> {
  crm = await startCrm();
  emulator = await startEmulator({
    limits: { tokenPerWindow: 1_000_000_000, orgAppUserPerWindow: 1_000_000_000 },
    requestLogSize: 100,
  });
  const conversationIds = Array.from({ length: order.conversations }, (_, index) => {
    const from = phoneOf(index);
    const { conversationId } = emulator.control.start({ from });
    notebook.add(conversationId, from);
    return conversationId;
  });
  crmMs = order.crmMs;
  const latency = { distribution: 'fixed', ms: order.platformMs } as const;
  if (order.platformMs > 0) emulator.control.addFault({ kind: 'latency', latency });
  const { port } = crm.address() as AddressInfo;
  return {
    apiUrl: emulator.apiUrl,
    port: emulator.port,
    crmUrl: `http://127.0.0.1:${port}/{key}`,
    conversationIds,
  };
}

answerParent({
  start,
  sightings: () => notebook.sightings(),
  quietForMs: () => now() - notebook.lastAskedAt,
} satisfies WorldQuestions);

process.once('disconnect', () => {
  crm.closeAllConnections();
  crm.close();
  void emulator[Symbol.asyncDispose]();
});
