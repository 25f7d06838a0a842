import { RapportError } from '../../../domain/errors.ts';
import type { ConversationId } from '../../../domain/ids.ts';
import type { KeyVerdict } from '../../../domain/outcome.ts';
import { systemClock } from '../../../lib/clock.ts';
import {
  PROVE_MS,
  writeOffRecord,
  writeOnRecord,
  type WriteOrder,
} from '../../../service/manual-write.ts';
import type { WritebackResult } from '../../../writeback/turn/input.ts';
import { parseAnswer } from '../../enrich/through-service.ts';
import { changeLedger, isLedgerAtHand } from '../../ledger/ledger-access.ts';
import type { ServiceClient } from '../../ledger/service-client.ts';
import type { Session } from '../session.ts';

export type Written = Pick<WritebackResult, 'keyVerdicts'> &
  Partial<Pick<WritebackResult, 'platformRequests' | 'proofRequests' | 'ended'>>;

/** Writes and proves: on the ledger's record where one is at hand, through the service where that holds it. */
export async function write(order: WriteOrder, session: Session): Promise<Written> {
  const { config, call } = session;
  const tools = { clock: systemClock, random: Math.random, actor: 'command line' };
  const parts = { ...session, ...call, ...tools };
  if (!isLedgerAtHand(config)) return writeOffRecord(order, parts);
  return changeLedger<Written>(config, {
    direct: (ledger) => writeOnRecord(order, parts, ledger),
    throughService: (service) => askService(order, session, service),
  });
}

/** The service that holds the ledger writes and proves, and knows its own write. */
async function askService(
  { conversationId, targets }: WriteOrder,
  { config }: Session,
  service: ServiceClient,
): Promise<Written> {
  const keyVerdicts: KeyVerdict[] = [];
  for (const { participantId, wanted } of targets) {
    const changes = [...wanted].filter(
      ([, { value }]) => value !== null || config.write.onRemove !== 'leave',
    );
    const attributes = Object.fromEntries(changes.map(([key, { value }]) => [key, value ?? '']));
    const path = `/v1/conversations/${conversationId}/attributes?wait=visible&timeoutMs=${PROVE_MS}`;
    const { outcome } = parseAnswer(await service.patch(path, { participantId, attributes }));
    if (outcome === undefined) throw unproven(conversationId);
    const isOurs = (key: KeyVerdict): boolean =>
      key.participantId === participantId && Object.hasOwn(attributes, key.key);
    keyVerdicts.push(...outcome.keys.filter(isOurs));
  }
  return { keyVerdicts };
}

function unproven(conversationId: ConversationId): RapportError {
  return new RapportError({
    code: 'ERR_NOT_PROVEN',
    message: `the service has taken the attributes for ${conversationId}; no outcome came in time`,
    nextStep: 'See with rapport verify what stands there.',
  });
}
