import type { RapportConfig } from '../../config/schema.ts';
import { isRapportError } from '../../domain/errors.ts';
import { parseTraceId } from '../../domain/ids.ts';
import type { OutcomeResult } from '../../domain/outcome.ts';
import { planConfig } from '../../config/plan-config.ts';
import { createEnrichDeps } from '../../enrich/enrich-deps.ts';
import { enrich } from '../../enrich/pipeline.ts';
import { renderReport } from '../../enrich/report/render-report.ts';
import { maskReport, type EnrichmentReport } from '../../enrich/report/report.ts';
import { createGenesysClient } from '../../genesys/client.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIdSource } from '../../lib/ids.ts';
import { createLookups } from '../../lookup/lookups.ts';
import { loadCliConfigWhole, type ConfigFlags } from '../configuration/load-configuration.ts';
import { readOrders, type Orders } from './orders.ts';
import type { CliIo } from '../terminal/io.ts';

export interface InspectFlags extends ConfigFlags {
  readonly participant?: string;
  readonly purpose?: string;
  readonly externalId?: string;
  readonly phone?: string;
  readonly email?: string;
  readonly mask?: boolean;
}

/**
 * The dry run: reads each conversation, asks the sources and the flow, and prints the report. One
 * that cannot be read is named, and the others are looked into all the same.
 *
 * @returns whether every conversation could be enriched as it is now
 */
export async function inspectConversations(
  args: readonly string[],
  flags: InspectFlags,
  io: CliIo,
): Promise<boolean> {
  const { config, targets } = loadCliConfigWhole(flags, io);
  const orders = await readOrders({ args, flags, targets, stdin: io.stdin });
  const inspected = await inspectAll(config, orders, { flags, signal: io.signal });
  const shown = inspected.map((item) =>
    flags.mask === true && isReport(item) ? maskReport(item) : item,
  );
  if (flags.json === true) {
    io.out(`${JSON.stringify(shown.length === 1 ? shown[0] : shown, undefined, 2)}\n`);
  } else {
    const reports = shown.filter(isReport);
    if (reports.length > 0) io.out(`${reports.map(renderReport).join('\n\n')}\n`);
    for (const item of shown) if (!isReport(item)) io.err(unreadableText(item));
  }
  return inspected.every((item) => isReport(item) && GOOD.has(item.result));
}

const GOOD: ReadonlySet<OutcomeResult> = new Set(['enriched', 'unchanged']);

/** A conversation that could not be looked into. */
interface Unreadable {
  readonly conversationId: string;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly nextStep: string | undefined;
  };
}

const isReport = (item: EnrichmentReport | Unreadable): item is EnrichmentReport =>
  !('error' in item);

function unreadableText({ conversationId, error }: Unreadable): string {
  const next = error.nextStep === undefined ? '' : `  → ${error.nextStep}\n`;
  return `rapport: conversation ${conversationId}: ${error.message}\n${next}`;
}

/** Errors that every other conversation would meet as well, so that going on is of no use. */
const OF_ALL =
  /^ERR_GENESYS_(?:UNAUTHORIZED|UNREACHABLE|UNTRUSTED|SIGN_IN_|TOKEN_|PRIVATE_KEY|CLOSED)/;

/** @throws what is no error of this conversation alone */
function toUnreadable(conversationId: string, error: unknown): Unreadable {
  if (!isRapportError(error) || OF_ALL.test(error.code)) throw error;
  const { code, message, nextStep } = error;
  return { conversationId, error: { code, message, nextStep } };
}

interface InspectContext {
  readonly flags: InspectFlags;
  readonly signal: AbortSignal;
}

async function inspectAll(
  config: RapportConfig,
  { ids, body }: Orders,
  { flags: { purpose, phone, email }, signal }: InspectContext,
): Promise<readonly (EnrichmentReport | Unreadable)[]> {
  await using client = createGenesysClient({ config: config.genesys });
  await using lookups = createLookups(config.sources, { clock: systemClock, random: Math.random });
  const deps = createEnrichDeps({
    plan: planConfig(config),
    flow: config.flow,
    client,
    lookups,
    clock: systemClock,
  });
  const newId = createIdSource(systemClock);
  const request = { ...body, purpose, phone, email };
  const inspected: (EnrichmentReport | Unreadable)[] = [];
  for (const id of ids) {
    try {
      const conversation = await client.conversations.get(id, { signal });
      const traceId = parseTraceId(newId());
      inspected.push((await enrich({ conversation, request, traceId, signal }, deps)).report);
    } catch (error) {
      signal.throwIfAborted();
      inspected.push(toUnreadable(id, error));
    }
  }
  return inspected;
}
