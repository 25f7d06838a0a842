import type { EnvironmentTargets } from '../../config/environment.ts';
import type { RapportConfig } from '../../config/schema.ts';
import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { ConversationId } from '../../domain/ids.ts';
import { plainForTerminal } from '../../lib/terminal-text.ts';
import { createDigester, type Digester } from '../../writeback/proof/digest.ts';
import {
  verify,
  type Finding,
  type Verification,
  type VerifiedKey,
} from '../../writeback/verify.ts';
import { createPaint, type CliIo, type Paint, type Style } from '../terminal/io.ts';
import { isLedgerAtHand, readLedger } from '../ledger/ledger-access.ts';
import type { ConfigFlags } from '../configuration/load-configuration.ts';
import { customerIn } from '../../library/participants.ts';
import { conversationOf } from './attributes/target.ts';
import { withPlatform } from './session.ts';
import { table } from '../terminal/table.ts';

/** Says key by key what Architect will see, and why not. @returns whether all is well */
export async function verifyConversation(
  words: readonly string[],
  flags: ConfigFlags,
  io: CliIo,
): Promise<boolean> {
  return withPlatform(flags, io, async (session) => {
    const { id, keys } = splitWords(words, session.targets);
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

/** Where the environment names a conversation, a first word that is no UUID is a key already. */
function splitWords(
  words: readonly string[],
  { conversationIds }: EnvironmentTargets,
): { readonly id: string | undefined; readonly keys: readonly string[] } {
  const [first, ...rest] = words;
  const isKey = first !== undefined && conversationIds.length > 0 && !UUID.test(first);
  return isKey ? { id: undefined, keys: words } : { id: first, keys: rest };
}

/** What the platform's ids are. */
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

interface Known {
  readonly entries: readonly AttributeEntry[];
  readonly digest: Digester;
}

/** What the ledger remembers of our writes; nothing where there is no ledger yet. */
async function recall(config: RapportConfig, id: ConversationId): Promise<Known> {
  const nothing: Known = { entries: [], digest: createDigester('') };
  if (!isLedgerAtHand(config)) return nothing;
  await using ledger = await readLedger(config);
  const [key, known] = await Promise.all([ledger.readInstallationKey(), ledger.find(id)]);
  if (key === undefined || known === undefined) return nothing;
  return { entries: known.entries, digest: createDigester(key) };
}

const STYLES: Partial<Record<Finding, Style>> = {
  visible: 'green',
  late: 'yellow',
  pending: 'yellow',
};

function toText({ keys, advice, participantId }: Verification, paint: Paint): string {
  const rows = keys.map((key) => [
    plainForTerminal(key.key),
    key.value === undefined ? '–' : shortened(plainForTerminal(key.value)),
    key.type ?? '–',
    key.value === undefined && key.origin === 'others' ? '–' : key.origin,
    paint(STYLES[key.finding] ?? 'red', key.finding),
    architectText(key),
  ]);
  const headings = ['key', 'value', 'type', 'whose', 'finding', 'Get Participant Data gives'];
  const lines = table(headings, rows, paint);
  const notes = [
    ...advice,
    ...keys.flatMap((key) => (key.advice === undefined ? [] : [`${key.key}: ${key.advice}`])),
  ];
  const reader =
    participantId === undefined ? '' : `Architect reads participant ${participantId}.\n`;
  const body = keys.length === 0 ? 'No attribute of anybody is there.' : lines;
  return `${reader}${body}\n${notes.map((note) => `  → ${note}\n`).join('')}`;
}

/** A longer value hides what stands behind it; --json has it whole. */
const SHOWN_CHARACTERS = 48;

const shortened = (value: string): string =>
  value.length <= SHOWN_CHARACTERS ? value : `${value.slice(0, SHOWN_CHARACTERS - 1)}…`;

function architectText({ architect }: VerifiedKey): string {
  if (architect.path === 'not-found') return 'not found';
  return architect.conversion ?? 'text';
}
