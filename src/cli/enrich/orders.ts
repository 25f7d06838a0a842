import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { isRapportError, messageOf, RapportError } from '../../domain/errors.ts';
import { parseConversationId, parseParticipantId, type ConversationId } from '../../domain/ids.ts';
import type { RequestBody } from '../../domain/request.ts';
import type { EnvironmentTargets } from '../../config/environment.ts';

export interface OrderFlags {
  /** A file of ids, one a line; `-` is standard input. */
  readonly file?: string;
  readonly externalId?: string;
  readonly participant?: string;
}

export interface OrderSources {
  readonly args: readonly string[];
  readonly flags: OrderFlags;
  readonly targets: EnvironmentTargets;
  readonly stdin: Readable;
}

export interface Orders {
  readonly ids: readonly ConversationId[];
  readonly body: RequestBody;
}

/**
 * Which conversations are to be enriched: those named as arguments and in a file, else those that
 * the environment names. Each once, in the order given.
 *
 * @throws {RapportError} `ERR_NO_CONVERSATIONS`, `ERR_IDS_UNREADABLE`, `ERR_INVALID_ID` with every bad id
 */
export async function readOrders({ args, flags, targets, stdin }: OrderSources): Promise<Orders> {
  const listed = flags.file === undefined ? [] : await readIds(flags.file, stdin);
  const named = [...args, ...listed];
  const texts = named.length > 0 ? named : targets.conversationIds;
  if (texts.length === 0) {
    throw new RapportError({
      code: 'ERR_NO_CONVERSATIONS',
      message: 'no conversation is named',
      nextStep:
        'Give ids as arguments, in a file (--file ids.txt, or - for standard input), or in CONVERSATION_IDS.',
    });
  }
  const participant = flags.participant ?? targets.participantId;
  return {
    ids: parseIds([...new Set(texts)]),
    body: {
      externalId: flags.externalId,
      participantId: participant === undefined ? undefined : parseParticipantId(participant),
      reason: 'asked on the command line',
    },
  };
}

/** Ids are the first word of each line; empty lines and `#` comments are left out. */
async function readIds(file: string, stdin: Readable): Promise<readonly string[]> {
  const input = file === '-' ? stdin : createReadStream(file);
  const ids: string[] = [];
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const [word] = line.trim().split(/[\s,;]/, 1);
      if (word !== undefined && word !== '' && !word.startsWith('#')) ids.push(word);
    }
  } catch (error) {
    throw new RapportError({
      code: 'ERR_IDS_UNREADABLE',
      message: `cannot read conversation ids from ${file}: ${messageOf(error)}`,
      nextStep: 'Give a text file with one conversation id a line.',
      cause: error,
    });
  }
  return ids;
}

function parseIds(texts: readonly string[]): readonly ConversationId[] {
  const problems: string[] = [];
  const ids = texts.flatMap((text) => {
    try {
      return [parseConversationId(text)];
    } catch (error) {
      if (!isRapportError(error)) throw error;
      problems.push(error.message);
      return [];
    }
  });
  if (problems.length === 0) return ids;
  throw new RapportError({
    code: 'ERR_INVALID_ID',
    message: [...new Set(problems)].slice(0, 5).join('\n'),
    nextStep: 'Correct the ids; nothing was done.',
  });
}
