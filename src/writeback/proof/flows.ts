import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import { enter, feed, same } from './entry.ts';
import type { FlowEndedEvent, FlowStartedEvent, Step, StepContext } from './event.ts';
import { memoryOf, remember } from './memory.ts';
import { holdUntil } from './proved.ts';

/**
 * A voice flow runs. Whether it began before our write decides whether it may hold an older copy;
 * one that is told within `settleMs` after the write is taken to have begun before it.
 */
export function flowStarted(
  entry: AttributeEntry,
  event: FlowStartedEvent,
  context: StepContext,
): Step {
  const memory = memoryOf(entry);
  const { flowEndedEventAt } = memory;
  const isStale =
    event.at !== undefined && flowEndedEventAt !== undefined && event.at <= flowEndedEventAt;
  if (isStale) return same(entry, { kind: 'count', what: 'stale' });
  const isSame = event.flowId === undefined || memory.flowId === event.flowId;
  const isKnown = memory.flow !== undefined && isSame;
  if (isKnown) return same(entry, { kind: 'count', what: 'ignored' });
  const isOlder = event.older === true || beganBefore(entry, event, context);
  const flow = memory.flow === 'older' || isOlder ? 'older' : 'newer';
  const running = remember(entry, {
    flow,
    flowId: event.flowId,
    flowUnknown: undefined,
    flowEndedAt: undefined,
  });
  if (entry.state !== 'visible' || flow !== 'older') return same(running);
  const until = Math.min(entry.deadlineAt ?? Number.POSITIVE_INFINITY, holdUntil(entry, context));
  const held = enter(remember(running, { final: undefined }), 'applied', until);
  return same(held, feed('applied', 'a voice flow is running'));
}

/** By the platform's clock where both instants are known, else by the order in which we heard. */
function beganBefore(
  entry: AttributeEntry,
  event: FlowStartedEvent,
  context: StepContext,
): boolean {
  const { wantedAt, flowUnknown } = memoryOf(entry);
  if (event.at !== undefined && wantedAt !== undefined) return event.at < wantedAt;
  if (entry.sentAt === undefined || flowUnknown === true) return true;
  return context.now < entry.sentAt + context.settings.settleMs;
}

/** No flow was running when somebody looked: one that is told of later began after the write. */
export function noFlow(entry: AttributeEntry): Step {
  return memoryOf(entry).flowUnknown === true
    ? same(remember(entry, { flowUnknown: undefined }))
    : same(entry);
}

/** The flow ended; it may write its copy back now (rows 15, 16, 26). */
export function flowEnded(
  entry: AttributeEntry,
  event: FlowEndedEvent,
  context: StepContext,
): Step {
  const memory = memoryOf(entry);
  const isOther =
    event.flowId !== undefined && memory.flowId !== undefined && event.flowId !== memory.flowId;
  const isRepeat =
    event.at === undefined
      ? memory.flow === undefined && memory.flowEndedAt !== undefined
      : memory.flowEndedEventAt !== undefined && event.at <= memory.flowEndedEventAt;
  if (isOther || isRepeat) return same(entry, { kind: 'count', what: 'ignored' });
  const ended = remember(entry, {
    flow: undefined,
    flowUnknown: undefined,
    flowId: undefined,
    flowEndedAt: context.now,
    flowEndedEventAt: event.at ?? memory.flowEndedEventAt,
  });
  const settledAt = context.now + context.settings.settleMs;
  if (entry.state === 'applied' && memory.flow === 'older' && memory.lastRead !== true) {
    return same({ ...remember(ended, { reads: undefined }), deadlineAt: settledAt });
  }
  if (entry.state === 'overwritten' && entry.deadlineAt !== undefined) {
    return same({ ...ended, deadlineAt: settledAt });
  }
  return same(ended);
}
