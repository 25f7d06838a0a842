import type { ConversationState, ParticipantState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import type { AnalyticsSettings } from './settings.ts';
import { viewDetail } from './view.ts';

export interface DetailJob {
  readonly submittedAt: number;
  state: 'QUEUED' | 'FULFILLED';
  results: readonly Readonly<Record<string, unknown>>[];
}

/** Jobs that are remembered; older ones fall out. */
const JOBS_KEPT = 100;

/**
 * What analytics keep of conversations that have ended: each participant's attributes as they were
 * at the end. Whatever is written later is not in it.
 */
export class Archive {
  readonly #world: World;
  readonly #settings: AnalyticsSettings;
  readonly #atEnd = new WeakMap<ParticipantState, ReadonlyMap<string, string>>();
  readonly #jobs = new Map<string, DetailJob>();

  constructor(world: World, settings: AnalyticsSettings) {
    this.#world = world;
    this.#settings = settings;
    world.listen((event) => {
      if (event.kind === 'cleared') this.#jobs.clear();
      if (event.kind !== 'ended') return;
      for (const participant of event.conversation.participants) {
        this.#atEnd.set(participant, participant.attributes);
      }
    });
  }

  /** Conversations that ended before this instant are known. */
  knownUntil(): number {
    return this.#world.now() - this.#settings.jobDelayMs;
  }

  /** Starts a job over what is known when it ends. @returns its id */
  startJob(isWanted: (conversation: ConversationState) => boolean): string {
    const id = this.#world.newId();
    const job: DetailJob = { submittedAt: this.#world.now(), state: 'QUEUED', results: [] };
    this.#jobs.set(id, job);
    const [oldest] = this.#jobs.keys();
    if (this.#jobs.size > JOBS_KEPT && oldest !== undefined) this.#jobs.delete(oldest);
    this.#world.after(this.#settings.jobRunMs, () => {
      job.results = this.#select(isWanted);
      job.state = 'FULFILLED';
    });
    return id;
  }

  job(id: string): DetailJob | undefined {
    return this.#jobs.get(id);
  }

  removeJob(id: string): boolean {
    return this.#jobs.delete(id);
  }

  #select(
    isWanted: (conversation: ConversationState) => boolean,
  ): Readonly<Record<string, unknown>>[] {
    const knownUntil = this.knownUntil();
    const results: Readonly<Record<string, unknown>>[] = [];
    for (const conversation of this.#world.conversations.values()) {
      const { endedAt } = conversation;
      if (endedAt === undefined || endedAt > knownUntil || !isWanted(conversation)) continue;
      results.push(viewDetail(conversation, (p) => this.#atEnd.get(p) ?? p.attributes));
    }
    return results;
  }
}
