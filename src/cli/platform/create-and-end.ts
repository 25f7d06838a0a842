import { mediaOf } from '../../domain/conversation.ts';
import { RapportError } from '../../domain/errors.ts';
import type { ConversationId } from '../../domain/ids.ts';
import { isPlatformError } from '../../genesys/errors.ts';
import { systemClock } from '../../lib/clock.ts';
import type { CliIo } from '../terminal/io.ts';
import type { ConfigFlags } from '../configuration/load-configuration.ts';
import { conversationOf } from './attributes/target.ts';
import { withPlatform, type Session } from './session.ts';

export interface CreateFlags extends ConfigFlags {
  readonly medium: 'message' | 'callback' | 'email';
  /** Name or id. */
  readonly queue?: string;
  readonly from?: string;
  /** The open-messaging integration; messages only. */
  readonly integration?: string;
  readonly text: string;
}

/** Creates a conversation for tests, as a customer would, and prints its id. */
export async function createConversation(
  {
    flags,
    attributes,
  }: { readonly flags: CreateFlags; readonly attributes: ReadonlyMap<string, string> },
  io: CliIo,
): Promise<void> {
  await withPlatform(flags, io, async (session) => {
    const id = await create(flags, attributes, session);
    io.out(flags.json === true ? `${JSON.stringify({ conversationId: id })}\n` : `${id}\n`);
  });
}

async function create(
  flags: CreateFlags,
  attributes: ReadonlyMap<string, string>,
  session: Session,
): Promise<string> {
  const { client, call } = session;
  switch (flags.medium) {
    case 'callback':
      return client.conversations.createCallback(
        {
          queueId: await queueId(flags, session),
          callbackNumbers: [need(flags.from, 'from')],
          attributes,
        },
        call,
      );
    case 'email':
      return client.conversations.createEmail(
        {
          queueId: await queueId(flags, session),
          fromAddress: need(flags.from, 'from'),
          text: flags.text,
          attributes,
        },
        call,
      );
    case 'message': {
      const id = await client.conversations.receiveOpenMessage(
        {
          integrationId: need(flags.integration, 'integration'),
          from: need(flags.from, 'from'),
          text: flags.text,
          messageId: session.newId(),
          sentAt: new Date(systemClock.wallMs()).toISOString(),
          attributes,
        },
        call,
      );
      if (id !== undefined) return id;
      throw new RapportError({
        code: 'ERR_CONVERSATION_NOT_TOLD',
        message: 'the platform took the message and did not say to which conversation it went',
        nextStep: 'Look for it on the queue; the message is not lost.',
        fault: 'platform',
      });
    }
  }
}

async function queueId({ queue }: CreateFlags, { config, client, call }: Session): Promise<string> {
  const found = await client.routing.findQueue(
    need(queue ?? config.listen.queues[0], 'queue'),
    call,
  );
  return found.id;
}

function need(value: string | undefined, option: string): string {
  if (value !== undefined) return value;
  throw new RapportError({
    code: 'ERR_OPTION_NEEDED',
    message: `--${option} is needed for this medium`,
    nextStep: 'See rapport conversations create --help.',
  });
}

/** Ends a conversation for everybody. */
export async function endConversation(
  id: string | undefined,
  flags: ConfigFlags,
  io: CliIo,
): Promise<void> {
  await withPlatform(flags, io, async (session) => {
    const conversationId = conversationOf(id, session);
    await end(conversationId, session);
    io.out(
      flags.json === true
        ? `${JSON.stringify({ conversationId, ended: true })}\n`
        : `${conversationId} has ended.\n`,
    );
  });
}

async function end(id: ConversationId, { client, call }: Session): Promise<void> {
  const media = mediaOf(await client.conversations.get(id, call));
  if (media === undefined || media === 'chat' || media === 'other') {
    await client.conversations.tearDown(id, call);
    return;
  }
  try {
    await client.conversations.end(media, id, call);
  } catch (error) {
    // The platform lets users end calls that way, and services tear them down.
    if (!isPlatformError(error) || error.platformCode !== 'not.a.user') throw error;
    await client.conversations.tearDown(id, call);
  }
}
