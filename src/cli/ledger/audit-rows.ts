import { parseConversationId } from '../../domain/ids.ts';
import { plainForTerminal } from '../../lib/terminal-text.ts';
import { loadCliConfig, type ConfigFlags } from '../configuration/load-configuration.ts';
import { createPaint, type CliIo } from '../terminal/io.ts';
import { readLedger } from './ledger-access.ts';
import { listed, right } from '../terminal/table.ts';

const COLUMNS = [
  'at',
  'conversation',
  'actor',
  'action',
  right('took'),
  'error',
  right('sealed as'),
  'keys',
];

export async function listAudit(
  flags: ConfigFlags & { readonly conversation?: string; readonly limit: number },
  io: CliIo,
): Promise<void> {
  await using ledger = await readLedger(loadCliConfig(flags, io));
  const { conversation, limit } = flags;
  const rows = await ledger.audit.list({
    limit,
    conversationId: conversation === undefined ? undefined : parseConversationId(conversation),
  });
  if (flags.json === true) {
    io.out(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const lines = rows.map((row) => [
    new Date(row.at).toISOString(),
    row.conversationId ?? '–',
    row.actor,
    row.action,
    row.enrichment?.latencyMs === undefined ? '–' : `${row.enrichment.latencyMs} ms`,
    row.enrichment?.error ?? '–',
    row.seq === undefined ? 'not yet' : String(row.seq),
    row.keys.map(({ key }) => plainForTerminal(key)).join(', ') || '–',
  ]);
  const nothing =
    conversation === undefined ? 'The audit has no row yet.' : 'The audit has no row of it.';
  io.out(`${listed(COLUMNS, lines, { paint: createPaint(io), nothing })}\n`);
}

/** @returns whether the chain holds */
export async function verifyAudit(flags: ConfigFlags, io: CliIo): Promise<boolean> {
  await using ledger = await readLedger(loadCliConfig(flags, io));
  const verdict = await ledger.audit.verify();
  if (flags.json === true) io.out(`${JSON.stringify(verdict, null, 2)}\n`);
  else if (verdict.brokenAt !== undefined) {
    io.out(`The chain is broken at row ${verdict.brokenAt.seq}: ${verdict.brokenAt.reason}.\n`);
  } else {
    const head =
      verdict.head === undefined ? '' : `Head: row ${verdict.head.seq}, ${verdict.head.hash}\n`;
    io.out(
      `The chain holds; rows checked: ${verdict.rows}, waiting to be sealed: ${verdict.unsealed}.\n${head}`,
    );
  }
  return verdict.intact;
}

export async function exportAudit(flags: ConfigFlags, io: CliIo): Promise<void> {
  await using ledger = await readLedger(loadCliConfig(flags, io));
  for await (const line of ledger.audit.export()) io.out(`${line}\n`);
}
