import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import { enter, feed, same } from './entry.ts';
import type { FlowEndedEvent, FlowStartedEvent, Step, StepContext } from './event.ts';
import { rememberFlows, runningFlows, type RunningFlow } from './flow-list.ts';
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
  if (isStale(entry, event)) return same(entry, { kind: 'count', what: 'stale' });
  const { flowId } = event;
  const running = runningFlows(entry);
  const isKnown =
    flowId === undefined ? running.length > 0 : running.some(({ id }) => id === flowId);
  if (isKnown) return same(entry, { kind: 'count', what: 'ignored' });
  const isOlder = event.older === true || beganBefore(entry, event, context);
  // One that was seen without a name is the one that is named now.
  const unnamed = running.find(({ id }) => id === undefined);
  const age = isOlder || unnamed?.age === 'older' ? 'older' : 'newer';
  const others = running.filter((flow) => flow !== unnamed);
  const started = remember(entry, {
    ...rememberFlows([...others, { id: flowId, age }]),
    flowUnknown: undefined,
    flowEndedAt: undefined,
  });
  if (entry.state !== 'visible' || age !== 'older') return same(started);
  const until = Math.min(entry.deadlineAt ?? Number.POSITIVE_INFINITY, holdUntil(entry, context));
  const held = enter(remember(started, { final: undefined }), 'applied', until);
  return same(held, feed('applied', 'a voice flow is running'));
}

/** It had ended before the last one of which we know that it has, unless that was another one. */
function isStale(entry: AttributeEntry, { at, flowId }: FlowStartedEvent): boolean {
  const { flowEndedEventAt, flowEndedId } = memoryOf(entry);
  const isOther = flowId !== undefined && flowEndedId !== undefined && flowId !== flowEndedId;
  return at !== undefined && flowEndedEventAt !== undefined && at <= flowEndedEventAt && !isOther;
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
  const running = runningFlows(entry);
  const over = findEnded(running, event);
  if (over === undefined && (running.length > 0 || isRepeat(entry, event))) {
    return same(entry, { kind: 'count', what: 'ignored' });
  }
  const { lastRead, flowEndedEventAt, flowEndedId, settlesAt } = memoryOf(entry);
  const left = running.filter((flow) => flow !== over);
  const settledAt = context.now + context.settings.settleMs;
  const isFree = over?.age === 'older' && !left.some(({ age }) => age === 'older');
  const ended = remember(entry, {
    ...rememberFlows(left),
    flowUnknown: undefined,
    flowEndedAt: context.now,
    flowEndedEventAt: event.at ?? flowEndedEventAt,
    flowEndedId: event.flowId ?? flowEndedId,
    settlesAt: isFree ? settledAt : settlesAt,
  });
  if (entry.state === 'applied' && isFree && lastRead !== true) {
    return same({ ...remember(ended, { reads: undefined }), deadlineAt: settledAt });
  }
  return same(
    left.length === 0 && waitsForFlow(entry) ? { ...ended, deadlineAt: settledAt } : ended,
  );
}

/** A rewrite, or a wipe of what the flow may bring back, waits until the flow has written its last. */
function waitsForFlow(entry: AttributeEntry): boolean {
  if (entry.state === 'overwritten') return entry.deadlineAt !== undefined;
  return entry.state === 'wiping' && memoryOf(entry).suspect === true;
}

/** Which of them ended: the one of that name, else the one without, else the only one. */
function findEnded(
  running: readonly RunningFlow[],
  { flowId }: FlowEndedEvent,
): RunningFlow | undefined {
  const unnamed = running.find(({ id }) => id === undefined);
  if (flowId !== undefined) return running.find(({ id }) => id === flowId) ?? unnamed;
  return unnamed ?? (running.length === 1 ? running[0] : undefined);
}

function isRepeat(entry: AttributeEntry, { at }: FlowEndedEvent): boolean {
  const { flowEndedAt, flowEndedEventAt } = memoryOf(entry);
  return at === undefined
    ? flowEndedAt !== undefined
    : flowEndedEventAt !== undefined && at <= flowEndedEventAt;
}
