import { afterAll, describe, expect, it } from 'vitest';
import { AttributeWriter } from '../../src/emulator/conversations/attributes.ts';
import { startWithRooms, type Emulator } from '../../src/emulator/emulator.ts';
import type { RateLimiter } from '../../src/emulator/limits/rate-limiter.ts';
import type { EmulatorOptions } from '../../src/emulator/options.ts';
import { Channels, type ChannelState } from '../../src/emulator/push/channels.ts';
import { createRooms, type Rooms } from '../../src/emulator/rooms.ts';
import type { ConversationState, ParticipantState } from '../../src/emulator/world/model.ts';
import { ManualClock } from '../../src/lib/manual-clock.ts';
import { judgeLimit, judgeTopics, playAndJudge, type Step } from './oracles.ts';
import { contractWatch } from './judge/watch.ts';

/** Writes back what the participant held when the write was accepted, as a read-merge-write would. */
class ForgetfulWriter extends AttributeWriter {
  override write(
    conversation: ConversationState,
    participant: ParticipantState,
    attributes: ReadonlyMap<string, string>,
  ): void {
    super.write(conversation, participant, new Map([...participant.attributes, ...attributes]));
  }
}

/** Takes two topics of one kind for the same. */
class MisroutingChannels extends Channels {
  override *listeners(name: string): Iterable<ChannelState> {
    for (const channel of this.of()) {
      const isOfKind = [...channel.topics.keys()].some(
        (topic) => topic.split('.').length === name.split('.').length,
      );
      if (isOfKind) yield channel;
    }
  }
}

/** Lets one call more through than a window allows. */
function offByOne(limiter: RateLimiter): RateLimiter {
  let wasRefused = false;
  return {
    ...limiter,
    take: (call) => {
      const verdict = limiter.take(call);
      if (verdict.allowed || wasRefused) return verdict;
      wasRefused = true;
      return { allowed: true, headers: verdict.headers };
    },
  };
}

const OPTIONS: EmulatorOptions = {
  attributes: { lagMs: 100 },
  limits: { tokenPerWindow: 20 },
};

function startWith(plant: (rooms: Rooms) => Partial<Rooms>): Promise<Emulator> {
  const rooms = createRooms(OPTIONS, new ManualClock());
  return startWithRooms({ ...rooms, ...plant(rooms) }, OPTIONS);
}

const OVERLAPPING_WRITES: readonly Step[] = [
  { kind: 'write', attributes: { 'crm.tier': 'silver' } },
  { kind: 'wait', ms: 1000 },
  { kind: 'write', attributes: { 'crm.tier': 'gold' } },
  { kind: 'write', attributes: { 'crm.customerId': 'C1' } },
];

interface PlantedBug {
  readonly name: string;
  readonly plant: (rooms: Rooms) => Partial<Rooms>;
  readonly judge: (emulator: Emulator) => Promise<void>;
  readonly evidence: RegExp;
}

const BUGS: readonly PlantedBug[] = [
  {
    name: 'a key that is lost under concurrent writes',
    plant: ({ world, settings }) => ({
      writer: new ForgetfulWriter(world, () => settings.attributes),
    }),
    judge: (emulator) => playAndJudge(emulator, OVERLAPPING_WRITES),
    evidence: /deeply equal/,
  },
  {
    name: 'a limiter that is off by one',
    plant: ({ limiter }) => ({ limiter: offByOne(limiter) }),
    judge: (emulator) => judgeLimit(emulator, 20),
    evidence: /expected 21 to be 20/,
  },
  {
    name: 'a frame on a channel that did not ask for it',
    plant: ({ world }) => ({ channels: new MisroutingChannels(world) }),
    judge: judgeTopics,
    evidence: /deeply equal/,
  },
];

// A broken emulator may break the contract as well; what counts here is that the oracle notices.
afterAll(() => void contractWatch.takeProblems());

describe.for(BUGS)('the oracles, on $name', ({ plant, judge, evidence }) => {
  it('find it', async () => {
    await using broken = await startWith(plant);
    await expect(judge(broken)).rejects.toThrow(evidence);
  });

  it('find nothing in an emulator without it', async () => {
    await using sound = await startWith(() => ({}));
    await expect(judge(sound)).resolves.toBeUndefined();
  });
});
