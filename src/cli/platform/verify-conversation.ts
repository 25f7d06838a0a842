import type { RapportConfig } from '../../config/schema.ts';
import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import { isRapportError } from '../../domain/errors.ts';
import type { ConversationId } from '../../domain/ids.ts';
import { textTable } from '../../lib/text-table.ts';
import { createDigester, type Digester } from '../../writeback/proof/digest.ts';
import { verify, type Verification, type VerifiedKey } from '../../writeback/verify.ts';
import { createPaint, type CliIo, type Paint } from '../terminal/io.ts';
import { readLedger } from '../ledger/ledger-access.ts';
import type { ConfigFlags } from '../configuration/load-configuration.ts';
import { conversationOf, customerIn } from './attributes/target.ts';
import { withPlatform } from './session.ts';

/** Says key by key what Architect will see, and why not. @returns whether all is well */
export async function verifyConversation(
  id: string | undefined,
  order: { readonly keys: readonly string[]; readonly flags: ConfigFlags },
  io: CliIo,
): Promise<boolean> {
  const { keys, flags } = order;
  return withPlatform(flags, io, async (session) => {
    const conversationId = conversationOf(id, session);
    const conversation = await session.client.conversations.get(conversationId, session.call);
    const known = await recall(session.config, conversationId);
    const verification = verify({
      conversation,
      customerId: customerIn(conversation),
      ...known,
      outside: conversation.outside,
      keys: keys.length === 0 ? undefined : keys,
    });
    io.out(
      flags.json === true
        ? `${JSON.stringify(verification, null, 2)}\n`
        : toText(verification, createPaint(io)),
    );
    return verification.isGood;
  });
}

interface Known {
  readonly entries: readonly AttributeEntry[];
  readonly digest: Digester;
}

/** What the ledger remembers of our writes; nothing where there is no ledger yet. */
async function recall(config: RapportConfig, id: ConversationId): Promise<Known> {
  const nothing: Known = { entries: [], digest: createDigester('') };
  // A store in memory is another process's, or nobody's.
  if (config.store === 'sqlite::memory:') return nothing;
  try {
    await using ledger = await readLedger(config);
    const [key, known] = await Promise.all([ledger.readInstallationKey(), ledger.find(id)]);
    if (key === undefined || known === undefined) return nothing;
    return { entries: known.entries, digest: createDigester(key) };
  } catch (error) {
    if (isRapportError(error) && error.code === 'ERR_LEDGER_OPEN') return nothing;
    throw error;
  }
}

function toText({ keys, advice, participantId }: Verification, paint: Paint): string {
  const rows = keys.map((key) => [
    key.key,
    key.value ?? '–',
    key.type ?? '–',
    key.origin,
    paint(key.finding === 'visible' ? 'green' : 'red', key.finding),
    architectText(key),
  ]);
  const columns = ['key', 'value', 'type', 'whose', 'finding', 'Get Participant Data gives'];
  const table = textTable(
    columns.map((title) => ({ title })),
    rows,
  );
  const notes = [
    ...advice,
    ...keys.flatMap((key) => (key.advice === undefined ? [] : [`${key.key}: ${key.advice}`])),
  ];
  const reader =
    participantId === undefined ? '' : `Architect reads participant ${participantId}.\n`;
  const body = keys.length === 0 ? 'No attribute of anybody is there.' : table;
  return `${reader}${body}\n${notes.map((note) => `  → ${note}\n`).join('')}`;
}

function architectText({ architect }: VerifiedKey): string {
  if (architect.path === 'not-found') return 'not found';
  return architect.conversion ?? 'text';
}
