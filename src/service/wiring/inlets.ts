import { createHash } from 'node:crypto';
import type { RapportConfig } from '../../config/schema.ts';
import type { Observation } from '../../domain/observation.ts';
import { startDuties, type Duties, type Duty } from '../../engine/duties.ts';
import { connectWebSocket } from '../../intake/channel/web-socket.ts';
import { createIntake } from '../../intake/create-intake.ts';
import type { GapFiller } from '../../intake/listening/gap-fill.ts';
import { Listener } from '../../intake/listening/listener.ts';
import { ListeningPost } from '../../intake/listening/listening-post.ts';
import { toListenDirectory, toNotificationsPort } from '../../intake/platform-ports.ts';
import { resolveListen } from '../../intake/listening/resolve-listen.ts';
import { createSeen } from '../../intake/seen.ts';
import type { ServiceParts } from '../app.ts';
import { Inlet, type Follower } from '../inlet.ts';
import type { Engine } from './engine.ts';
import { createGapFiller } from '../listening/gap-filler.ts';
import type { GapReports } from '../listening/gap-reports.ts';
import { HeldFrames } from '../listening/held-frames.ts';
import { HeardUntil } from '../listening/heard-until.ts';
import { Listening, type Standing } from '../listening/listening.ts';
import type { Rooms } from './rooms.ts';

export interface Inlets {
  readonly inlet: Inlet;
  readonly post: ListeningPost;
  readonly listening: Pick<Listening, 'live' | 'missing'>;
}

/** Opens the ways in: one parser for all of them, and the channels of queues and users. */
export async function openInlets(
  config: RapportConfig,
  parts: ServiceParts,
  rooms: Rooms & Engine & { readonly gaps: GapReports; readonly stack: AsyncDisposableStack },
): Promise<Inlets> {
  const { client, acceptor, observer, newId, stack, ledger } = rooms;
  const directory = toListenDirectory(client.routing, client.users);
  const intake = createIntake({
    seen: createSeen(config.listen.rememberMax),
    listensTo: (listener) => listening.isTo(listener),
  });
  const gaps = stack.use(
    createGapFiller(parts, {
      client,
      targets: () => listening.targets,
      intake,
      inlet: () => inlet,
      onReport: (report) => rooms.gaps.note(report),
    }),
  );
  const inlet = new Inlet({
    intake,
    acceptor,
    observe: async (observation) => {
      await observer.observe(observation);
      followUp(post, observation);
    },
    follower: followerOf(() => post),
    newId,
  });
  const frames = stack.use(new HeldFrames({ ...parts, inlet, ledger, gaps }));
  const post = new ListeningPost({
    createListener: () => openListener(config, parts, { client, listening, frames, gaps }),
    onLive: (liveAtMs) => {
      if (listening.targets.topics.length > 0) gaps.add(heard.gapBefore(liveAtMs));
    },
  });
  const heard = await HeardUntil.open({
    ...parts,
    ledger,
    heardUntilMs: () => post.heardUntilMs,
    openSinceMs: () => earliest(gaps.openSinceMs, frames.sinceMs),
  });
  const listening = stack.use(
    new Listening({
      ...parts,
      signIn: (signal) => client.signIn(signal),
      resolve: (signal) => resolveListen(config.listen, directory, signal),
      standFor: ({ topics }) => {
        const duties = [listenDuty(post, { heard, topics })];
        return standing(post, startDuties({ ...parts, timing: parts.beatTiming, ledger, duties }));
      },
    }),
  );
  return { inlet, post, listening };
}

function openListener(
  { listen }: RapportConfig,
  parts: ServiceParts,
  rooms: Pick<Rooms, 'client'> & {
    readonly listening: Listening;
    readonly frames: HeldFrames;
    readonly gaps: GapFiller;
  },
): Listener {
  const { client, listening, frames, gaps } = rooms;
  return new Listener({
    ...parts,
    port: toNotificationsPort(client.notifications),
    connect: connectWebSocket,
    topics: listening.targets.topics,
    followEvents: listen.followEvents,
    maxChannels: listen.maxChannels,
    onFrame: (frame) => frames.take(frame),
    onGap: (gap) => gaps.add(gap),
  });
}

function earliest(...instants: readonly (number | undefined)[]): number | undefined {
  const known = instants.filter((instant) => instant !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Of several instances one listens, and the others are as good as live: they may take over at any time. */
function standing(post: ListeningPost, duties: Duties): Standing {
  return {
    firstLive: Promise.race([post.firstLive, duties.foundElsewhere]),
    isLive: () => post.isLive || duties.elsewhere().length > 0,
    [Symbol.asyncDispose]: () => duties[Symbol.asyncDispose](),
  };
}

/** The post is made after the inlet that asks it. */
function followerOf(post: () => ListeningPost): Follower {
  return {
    isFollowed: (conversationId) => post().isFollowed(conversationId),
    follow: (conversationId, options) => post().follow(conversationId, options),
    unfollow: (conversationId) => post().unfollow(conversationId),
  };
}

/** A conversation's own topics are dropped at its end, or once a standing topic shows it anyway. */
function followUp(post: ListeningPost, { kind, conversationId }: Observation): void {
  if (kind === 'ended') post.unfollow(conversationId);
  else if (kind === 'conversation' && post.isFollowed(conversationId)) {
    post.follow(conversationId, { isShown: true });
  }
}

/** Two instances listen to the same when their topics are the same, in whatever order they were named. */
function listenDuty(
  post: ListeningPost,
  { heard, topics }: { readonly heard: HeardUntil; readonly topics: readonly string[] },
): Duty {
  const digest = createHash('sha256').update(topics.toSorted().join('\n')).digest('base64url');
  const name = `listen:${digest.slice(0, 22)}`;
  return { name, run: (signal) => heard.during(name, signal, () => post.run(signal)) };
}
