import { parseConversationId } from '../../domain/ids.ts';
import { unknownDelivery } from '../../ledger/errors.ts';
import type { OutboxMessage, OutboxState } from '../../ledger/outbox/outbox.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIdSource } from '../../lib/ids.ts';
import { enableNote } from '../../service/reload/note-watch.ts';
import { loadCliConfig, type ConfigFlags } from '../configuration/load-configuration.ts';
import { createPaint, type CliIo } from '../terminal/io.ts';
import { changeLedger, readLedger } from './ledger-access.ts';
import { listed } from '../terminal/table.ts';

export interface ListDeliveriesFlags extends ConfigFlags {
  readonly state?: OutboxState;
  readonly destination?: string;
  readonly conversation?: string;
  readonly limit: number;
}

const COLUMNS = ['id', 'created', 'conversation', 'type', 'to', 'state', 'attempts', 'last'];

/** Without the bodies, which may hold customers' data. */
export async function listDeliveries(flags: ListDeliveriesFlags, io: CliIo): Promise<void> {
  await using ledger = await readLedger(loadCliConfig(flags, io));
  const { state, destination, conversation, limit } = flags;
  const messages = await ledger.outbox.list({
    state,
    destination,
    limit,
    conversationId: conversation === undefined ? undefined : parseConversationId(conversation),
  });
  if (flags.json === true) {
    const told = messages.map((message) => ({ ...message, body: undefined }));
    io.out(`${JSON.stringify(told, null, 2)}\n`);
    return;
  }
  const nothing = 'No such message: rapport config explain shows what is sent where.';
  io.out(`${listed(COLUMNS, messages.map(rowOf), { paint: createPaint(io), nothing })}\n`);
}

function rowOf(message: OutboxMessage): readonly string[] {
  return [
    message.id,
    new Date(message.createdAt).toISOString(),
    message.conversationId,
    message.type,
    message.destination,
    message.state,
    String(message.attempts),
    message.lastStatus ?? '–',
  ];
}

/** @throws {RapportError} `ERR_UNKNOWN_DELIVERY` */
export async function replayDelivery(id: string, flags: ConfigFlags, io: CliIo): Promise<void> {
  const isWaiting = await changeLedger(loadCliConfig(flags, io), {
    async direct(ledger) {
      const [message] = await ledger.outbox.list({ id, limit: 1 });
      const isReplayed = await ledger.outbox.replay(id);
      // Instances that run on this store may have stopped sending to it.
      if (message !== undefined && isReplayed) {
        await ledger.notes.write(enableNote(message.destination), createIdSource(systemClock)());
      }
      return isReplayed;
    },
    // Refuses what it does not know; any answer means that the message waits.
    throughService: async (service) => {
      await service.post(`/v1/deliveries/${encodeURIComponent(id)}/replay`, {});
      return true;
    },
  });
  if (!isWaiting) throw unknownDelivery();
  io.out(
    flags.json === true
      ? `${JSON.stringify({ id, state: 'waiting' })}\n`
      : `${id} waits to be sent.\n`,
  );
}
