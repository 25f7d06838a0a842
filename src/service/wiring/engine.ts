import { startDelivery, type Delivery } from '../../delivery/delivery.ts';
import { levelOf, messageOf } from '../../domain/errors.ts';
import { parseTraceId, type ConversationId } from '../../domain/ids.ts';
import { Acceptor } from '../../engine/accept.ts';
import { ledgerDuties, startDuties } from '../../engine/duties.ts';
import { startInstance } from '../../engine/instance.ts';
import { LiveTurns } from '../../engine/live-turns.ts';
import { Observer, type ObserverParts } from '../../engine/observe.ts';
import { progressOf } from '../../engine/turn/progress-of.ts';
import { createBeginAhead } from '../../engine/turn/head-start.ts';
import { createTurn, type TurnParts } from '../../engine/turn/create-turn.ts';
import { startWorker } from '../../engine/worker.ts';
import { createClientPort } from '../../writeback/client-port.ts';
import { createDigester } from '../../writeback/proof/digest.ts';
import { createValueMemory, type ValueMemory } from '../../writeback/value-memory.ts';
import type { WritebackDeps } from '../../writeback/turn/input.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Log } from '../../lib/log.ts';
import type { ServiceParts } from '../app.ts';
import type { RapportConfig } from '../../config/schema.ts';
import type { Rooms } from './rooms.ts';
import { Settings } from '../reload/settings.ts';
import { createWorkGate, type PermitGrant } from './work-gate.ts';

/** How long turns may take to finish once the service is asked to stop, in milliseconds. */
const SHUTDOWN_GRACE_MS = 5_000;

/** Whether a subscribed topic carries this conversation's attributes, so that proof need not read. */
export type IsCovered = (conversationId: ConversationId) => boolean;

export interface Engine {
  readonly acceptor: Acceptor;
  readonly observer: Observer;
  /** Sends what turns put into the outbox. */
  readonly delivery: Delivery;
  /** What this process has written, by digest. */
  readonly values: Pick<ValueMemory, 'get'>;
  /** Puts other sections `write`, `analytics` and `retention` in force, for what begins from now on. */
  readonly replace: (config: RapportConfig) => void;
}

type Writeback = TurnParts<PermitGrant>['writeback'] & ObserverParts['writeback'];

/** Starts the worker over the ledger; it stops with the stack, finishing or handing back its turns. */
export async function startEngine(
  config: RapportConfig,
  parts: ServiceParts,
  rooms: Rooms & { readonly stack: AsyncDisposableStack; readonly isCovered: IsCovered },
): Promise<Engine> {
  const { clock, random, log, beatTiming: timing, onProgress } = parts;
  const { ledger, client, mapping, newId, stack } = rooms;
  const instance = stack.use(await startInstance({ ledger, clock, log, timing }));
  const values = createValueMemory();
  stack.defer(ledger.onErasure(({ conversations }) => values.forgetConversations(conversations)));
  const settings = new Settings(config, values);
  const duties = ledgerDuties({ ledger, clock, log, retention: () => settings.retention });
  stack.use(startDuties({ ledger, clock, log, timing, duties }));
  const turnParts: TurnParts<PermitGrant> & { readonly writeback: Writeback } = {
    enrich: () => mapping.enrich,
    writeback: writebackOf(settings, { ledger, clock, random, log, values }),
    portOf: ({ permit }, traceId) => createClientPort({ client, traceId, permit }),
    spareRead: ({ permit }) => permit.shrink(1),
    isCovered: rooms.isCovered,
    toOutbox: settings.toOutbox,
    live: new LiveTurns(),
    newTraceId: () => parseTraceId(newId()),
  };
  const observer = new Observer({ ...turnParts, ledger, onProgress });
  const worker = startWorker({
    ledger,
    gate: createWorkGate(client.budget),
    run: createTurn(turnParts),
    beginAhead: createBeginAhead(turnParts),
    lease: () => instance.lease(),
    clock,
    random,
    log,
    onEnd: (claim, result) => {
      const progress = progressOf(claim, result, ledger.now());
      if (progress !== undefined) onProgress?.(progress);
    },
    onOver: ({ conversationId }) => weighLate(observer, conversationId, log),
  });
  const delivery = stack.use(
    startDelivery(settings.destinations, { clock, random, log, outbox: ledger.outbox }),
  );
  stack.defer(() => worker.stop(SHUTDOWN_GRACE_MS));
  return {
    delivery,
    values,
    acceptor: new Acceptor({
      ledger,
      clock,
      reserve: (request) => worker.reserve(request),
      depthLimit: config.maxWaiting,
    }),
    observer,
    replace(next) {
      settings.replace(next);
      delivery.replace(settings.destinations);
    },
  };
}

type WritebackParts = Pick<WritebackDeps, 'clock' | 'random' | 'log' | 'values'> & {
  readonly ledger: Ledger;
};

/** What writing goes by, and the weighing of what is seen; the settings in force are asked each time. */
function writebackOf(settings: Settings, { ledger, ...tools }: WritebackParts): Writeback {
  return {
    ...tools,
    now: () => ledger.now(),
    digest: createDigester(ledger.installationKey),
    get config() {
      return settings.write;
    },
    get settings() {
      return settings.write;
    },
  };
}

/** What came too late for a turn is weighed against what it settled. */
function weighLate(observer: Observer, conversationId: ConversationId, log: Log): void {
  observer.turnOver(conversationId).catch((error: unknown) => {
    // The deadline of its keys brings the conversation back, and then it is read.
    log[levelOf(error, 'warn')]('observe.failed', { conversationId, reason: messageOf(error) });
  });
}
