import { isRapportError, RapportError } from '../../domain/errors.ts';
import { MAX_TOPICS_PER_CHANNEL } from '../channel/topic-set.ts';
import { queueConversationsTopic, userConversationsTopic } from '../../domain/topic.ts';

interface Named {
  readonly id: string;
}

/** Finds queues and users by name or id; each throws an error that says what is similar. */
export interface ListenDirectory {
  findQueue(idOrName: string, signal: AbortSignal): Promise<Named>;
  findUser(idNameOrEmail: string, signal: AbortSignal): Promise<Named>;
}

export interface ListenNames {
  /** Names or ids. */
  readonly queues: readonly string[];
  /** Names, e-mail addresses or ids. */
  readonly users: readonly string[];
}

/** What all channels together may carry. */
export interface ListenRoom {
  readonly maxChannels: number;
}

export interface ListenTargets {
  readonly queueIds: ReadonlySet<string>;
  readonly userIds: ReadonlySet<string>;
  /** The topics to listen to, in the order in which they were named. */
  readonly topics: readonly string[];
}

/** How the codes of errors about a name that does not exist begin. */
const NO_SUCH = 'ERR_GENESYS_NO_SUCH_';

/**
 * Turns the names a person wrote into ids and topics. Every name that does not exist is reported in
 * one error; an outage is thrown as it comes, since it says nothing about the names.
 *
 * @throws {RapportError} `ERR_LISTEN_UNKNOWN`, `ERR_LISTEN_TOO_MUCH`
 */
export async function resolveListen(
  names: ListenNames & ListenRoom,
  directory: ListenDirectory,
  signal: AbortSignal,
): Promise<ListenTargets> {
  const unknown: RapportError[] = [];
  const idsOf = async (
    wanted: readonly string[],
    find: (name: string, signal: AbortSignal) => Promise<Named>,
  ): Promise<Set<string>> => {
    const ids = new Set<string>();
    // One after the other: a long list must not take the whole rate budget at the start.
    for (const name of wanted) {
      try {
        ids.add((await find(name, signal)).id);
      } catch (error) {
        if (!isRapportError(error) || !error.code.startsWith(NO_SUCH)) throw error;
        unknown.push(error);
      }
    }
    return ids;
  };
  const queueIds = await idsOf(names.queues, (name) => directory.findQueue(name, signal));
  const userIds = await idsOf(names.users, (name) => directory.findUser(name, signal));
  if (unknown.length > 0) throw notFound(unknown);
  const topics = [
    ...[...queueIds].map(queueConversationsTopic),
    ...[...userIds].map(userConversationsTopic),
  ];
  if (topics.length > names.maxChannels * MAX_TOPICS_PER_CHANNEL) {
    throw tooMuch(topics.length, names.maxChannels);
  }
  return { queueIds, userIds, topics };
}

function tooMuch(topics: number, maxChannels: number): RapportError {
  return new RapportError({
    code: 'ERR_LISTEN_TOO_MUCH',
    message: `${topics} queues and users do not fit into ${maxChannels} channels of ${MAX_TOPICS_PER_CHANNEL} topics`,
    nextStep:
      'Raise listen.maxChannels (at most 20), or give some of them to another OAuth client.',
    details: { topics, maxChannels },
  });
}

function notFound(errors: readonly RapportError[]): RapportError {
  return new RapportError({
    code: 'ERR_LISTEN_UNKNOWN',
    message: `cannot listen: ${errors.map((error) => error.message).join('; ')}`,
    nextStep: errors.flatMap((error) => error.nextStep ?? []).join(' '),
    details: { count: errors.length },
    cause: errors[0],
  });
}
