import type { ConversationId } from '../../domain/ids.ts';
import { laneNumber } from '../sql/codec.ts';
import { locking, query, type Unit, type UnitResult } from '../sql/statement.ts';
import type { Claim } from '../turn.ts';
import { lockConversation } from './accept.ts';
import { CLAIMED, claimOf, entriesOf } from './claim.ts';

/** Only where no request waits: a turn that holds must answer those that it finds. */
const take = query<{ conversationId: string; owner: string; claim: string; lane: number }>(
  'hold.take',
  `update conversation set
     phase = 'leased', owner = cast(:owner as text), claim = cast(:claim as text),
     lane = cast(:lane as integer), fence = fence + 1, attempts = 1, due_at = null, ended_at = null,
     earlier_turn_at = turn_at, turn_at = :now, changed_at = :now
   where id = cast(:conversationId as text) and phase <> 'leased' and not exists (
     select 1 from request r where r.conversation_id = conversation.id and r.outcome_id is null)
   returning ${CLAIMED}`,
);

export function holdUnit(conversationId: ConversationId, owner: string, claim: string): Unit {
  const lane = laneNumber('manual');
  return [
    locking(lockConversation({ conversationId, lane }), conversationId),
    take({ conversationId, owner, claim, lane }),
    entriesOf({ owner, claim }),
  ];
}

export function heldOf(result: UnitResult): Claim | undefined {
  const [, taken = [], entries = []] = result === 'refused' ? [] : result;
  return taken[0] === undefined ? undefined : claimOf(taken[0], [], entries);
}
