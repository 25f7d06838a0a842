import type { Readable } from 'node:stream';
import type { RapportConfig } from '../config/schema.ts';
import { parseTraceId } from '../domain/ids.ts';
import { enrich } from '../enrich/pipeline.ts';
import { renderReport } from '../enrich/render-report.ts';
import { maskReport, type EnrichmentReport } from '../enrich/report.ts';
import { createGenesysClient } from '../genesys/client.ts';
import { systemClock } from '../lib/clock.ts';
import { createIdSource } from '../lib/ids.ts';
import { createLookups } from '../lookup/lookups.ts';
import { createEnrichDeps } from '../service/wiring/enrich-deps.ts';
import { loadCliConfigWhole } from './cli-config.ts';
import { readOrders, type Orders } from './enrich/orders.ts';
import type { CliIo } from './io.ts';
import type { ConfigFlags } from './options.ts';

export interface InspectFlags extends ConfigFlags {
  readonly participant?: string;
  readonly purpose?: string;
  readonly externalId?: string;
  readonly phone?: string;
  readonly email?: string;
  readonly mask?: boolean;
}

/**
 * The dry run: reads each conversation, asks the sources and the flow, and prints the report.
 *
 * @returns whether every conversation could be enriched as it is now
 */
export async function inspectConversations(
  args: readonly string[],
  flags: InspectFlags,
  io: CliIo,
): Promise<boolean> {
  const { config, targets } = loadCliConfigWhole(flags, io);
  const stdin: Readable = process.stdin;
  const orders = await readOrders({ args, flags, targets, stdin });
  const reports = await inspectAll(config, orders, { flags, signal: io.signal });
  const shown = flags.mask === true ? reports.map(maskReport) : reports;
  io.out(
    flags.json === true
      ? `${JSON.stringify(shown.length === 1 ? shown[0] : shown, undefined, 2)}\n`
      : `${shown.map(renderReport).join('\n\n')}\n`,
  );
  return reports.every(({ result }) => result === 'enriched' || result === 'unchanged');
}

interface InspectContext {
  readonly flags: InspectFlags;
  readonly signal: AbortSignal;
}

async function inspectAll(
  config: RapportConfig,
  { ids, body }: Orders,
  { flags: { purpose, phone, email }, signal }: InspectContext,
): Promise<readonly EnrichmentReport[]> {
  await using client = createGenesysClient({ config: config.genesys });
  await using lookups = createLookups(config.sources, { clock: systemClock, random: Math.random });
  const deps = createEnrichDeps(config, { client, lookups, clock: systemClock });
  const newId = createIdSource(systemClock);
  const request = { ...body, purpose, phone, email };
  const reports: EnrichmentReport[] = [];
  for (const id of ids) {
    const conversation = await client.conversations.get(id, { signal });
    const traceId = parseTraceId(newId());
    reports.push((await enrich({ conversation, request, traceId, signal }, deps)).report);
  }
  return reports;
}
