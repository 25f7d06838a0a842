import { parseConversationId } from '../../domain/ids.ts';
import { notSetAside } from '../../ledger/errors.ts';
import type { ConversationRecord, Phase } from '../../ledger/reading/records.ts';
import { loadCliConfig, type ConfigFlags } from '../configuration/load-configuration.ts';
import { createPaint, type CliIo } from '../terminal/io.ts';
import { changeLedger, readLedger } from './ledger-access.ts';
import { listed } from '../terminal/table.ts';

export interface ListConversationsFlags extends ConfigFlags {
  readonly phase?: Phase;
  readonly limit: number;
}

const COLUMNS = ['id', 'phase', 'media', 'changed', 'attempts', 'reason'];

/** The conversations that the ledger knows, the last changed first. */
export async function listConversations(flags: ListConversationsFlags, io: CliIo): Promise<void> {
  await using ledger = await readLedger(loadCliConfig(flags, io));
  const { phase, limit } = flags;
  const conversations = await ledger.conversations({ phase, limit });
  if (flags.json === true) {
    io.out(`${JSON.stringify(conversations, null, 2)}\n`);
    return;
  }
  const nothing =
    phase === undefined ? 'No conversation is known yet.' : `No conversation is ${phase}.`;
  const rows = conversations.map(rowOf);
  io.out(`${listed(COLUMNS, rows, { paint: createPaint(io), nothing })}\n`);
}

function rowOf(conversation: ConversationRecord): readonly string[] {
  const { id, phase, media, changedAt, attempts, reason } = conversation;
  const changed = new Date(changedAt).toISOString();
  return [id, phase, media ?? '–', changed, String(attempts), reason ?? '–'];
}

/** Has a conversation that was set aside worked on again. @throws {RapportError} `ERR_NOT_SET_ASIDE` */
export async function replayConversation(id: string, flags: ConfigFlags, io: CliIo): Promise<void> {
  const conversationId = parseConversationId(id);
  const isDue = await changeLedger(loadCliConfig(flags, io), {
    direct: async (ledger) => (await ledger.replay(conversationId, 'command line')) !== undefined,
    // Refuses what is not set aside; any answer means that it is due.
    throughService: async (service) => {
      await service.post(`/v1/conversations/${conversationId}/replay`, {});
      return true;
    },
  });
  if (!isDue) throw notSetAside(conversationId);
  io.out(
    flags.json === true
      ? `${JSON.stringify({ conversationId, state: 'due' })}\n`
      : `${conversationId} is due: a running service works on it at once, another at its next start.\n`,
  );
}
