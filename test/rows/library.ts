import {
  createClientPort,
  createDigester,
  createFlowSource,
  createGenesysClient,
  createLookups,
  createValueMemory,
  enrich,
  loadConfig,
  loadToE164,
  parseConversationId,
  parseParticipantId,
  parseTraceId,
  planConfig,
  resolveCustomer,
  systemClock,
  writeTurn,
  type Conversation,
  type EnrichDeps,
  type Enrichment,
  type GenesysClient,
  type LoadedConfig,
  type Lookups,
  type WritebackInput,
  type WritebackResult,
} from '../../src/index.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { Env, RowStage } from './stage.ts';

/** A program of the user's own: the package's public names, no ledger and no service. */
export interface Library extends AsyncDisposable {
  readonly loaded: LoadedConfig;
  readonly client: GenesysClient;
  readonly lookups: Lookups;
}

export interface LibraryTurn {
  readonly enrichment: Enrichment;
  readonly written: WritebackResult;
}

type ParticipantId = ReturnType<typeof parseParticipantId>;
type Wanted = WritebackInput['targets'][number]['wanted'];

const TRACE = parseTraceId('0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000');
const CALL = { signal: new AbortController().signal, lane: 'manual', traceId: TRACE } as const;

export function openLibrary({ cwd }: Pick<RowStage, 'cwd'>, env: Env): Library {
  const loaded = loadConfig({ cwd, env });
  const { genesys, sources } = loaded.config;
  const client = createGenesysClient({ config: genesys });
  const lookups = createLookups(sources, { clock: systemClock, random: Math.random });
  return {
    loaded,
    client,
    lookups,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await lookups[Symbol.asyncDispose]();
    },
  };
}

/** One whole turn: read, look up, map, write, prove. */
export async function enrichWith(library: Library, externalId?: string): Promise<LibraryTurn> {
  const { participantId } = targetsOf(library);
  const seen = await look(library);
  const enrichment = await enrich(
    {
      conversation: seen.conversation,
      request: { participantId, externalId },
      traceId: TRACE,
      signal: CALL.signal,
    },
    enrichDeps(library),
  );
  const wanted: Wanted = new Map(
    enrichment.planned.map(({ key, text, class: valueClass, wipe }) => [
      key,
      { value: text, class: valueClass, wipe },
    ]),
  );
  return { enrichment, written: await write(library, { seen, wanted }) };
}

/** Sets keys and removes those that are `null`, on the named participants or on the customer. */
export async function setWith(
  library: Library,
  values: Readonly<Record<string, string | null>>,
  participants: readonly string[] = [],
): Promise<WritebackResult> {
  const plain = { class: 'public', wipe: false } as const;
  const wanted: Wanted = new Map(
    Object.entries(values).map(([key, value]) => [key, { value, ...plain }]),
  );
  return write(library, { seen: await look(library), wanted, participants });
}

function targetsOf({ loaded }: Library): {
  readonly conversationId: ReturnType<typeof parseConversationId>;
  readonly participantId: ParticipantId | undefined;
} {
  const { conversationIds, participantId } = loaded.targets;
  return {
    conversationId: parseConversationId(conversationIds[0]),
    participantId: participantId === undefined ? undefined : parseParticipantId(participantId),
  };
}

interface Seen {
  readonly conversation: Conversation;
  readonly startedAt: number;
}

async function look(library: Library): Promise<Seen> {
  const startedAt = systemClock.wallMs();
  const { conversationId } = targetsOf(library);
  return { conversation: await library.client.conversations.get(conversationId, CALL), startedAt };
}

function enrichDeps({ loaded: { config }, client, lookups }: Library): EnrichDeps {
  const plan = planConfig(config);
  return {
    plan,
    clock: systemClock,
    lookup: (request) => lookups.lookup(request),
    asksByKey: (source) => lookups.usesOf(source)?.key ?? true,
    flow:
      config.flow &&
      createFlowSource(config.flow, {
        clock: systemClock,
        getFlow: async ({ flowId }) => (await client.flows.get(flowId, CALL)).raw,
      }),
    loadPhones: () => loadToE164(plan.defaultCountry),
  };
}

interface Writing {
  readonly seen: Seen;
  readonly wanted: Wanted;
  readonly participants?: readonly string[];
}

function write(
  library: Library,
  { seen, wanted, participants = [] }: Writing,
): Promise<WritebackResult> {
  const { conversationId, participantId } = targetsOf(library);
  const { client, loaded } = library;
  const customerId = customerIn(seen.conversation);
  const named = participants.map((id) => parseParticipantId(id));
  const chosen = named.length > 0 ? named : [participantId ?? customerId];
  const input: WritebackInput = {
    conversationId,
    seen: {
      conversation: seen.conversation,
      sight: { source: 'read', startedAt: seen.startedAt },
    },
    customerId,
    targets: chosen.flatMap((id) =>
      id === undefined
        ? []
        : [{ participantId: id, wanted, isChosen: id !== customerId || undefined }],
    ),
    asked: true,
    entries: [],
    turn: TRACE,
    lane: 'manual',
    covered: false,
  };
  return writeTurn(input, {
    port: createClientPort({ client, traceId: TRACE }),
    config: { ...loaded.config.write, waitMs: 10_000 },
    clock: systemClock,
    now: () => systemClock.wallMs(),
    digest: createDigester('the rows'),
    values: createValueMemory(),
    random: Math.random,
    log: silentLog,
    signal: CALL.signal,
    assertHeld: () => CALL.signal.throwIfAborted(),
    resolve: customerIn,
  });
}

function customerIn(conversation: Conversation): ParticipantId | undefined {
  const resolution = resolveCustomer(conversation, {});
  return resolution.kind === 'customer' ? resolution.participant.id : undefined;
}

/** State by key. */
export const statesOf = ({ keyVerdicts }: WritebackResult): Readonly<Record<string, string>> =>
  Object.fromEntries(keyVerdicts.map(({ key, state }) => [key, state]));
