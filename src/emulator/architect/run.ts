import { endConversation } from '../conversations/end.ts';
import { addParticipant } from '../conversations/create.ts';
import type { AttributeWriter } from '../conversations/attributes.ts';
import { publishConversation, publishStart } from '../conversations/publish.ts';
import { enqueue, leaveAndTell, pathOf } from '../conversations/routing.ts';
import { isActive } from '../conversations/state.ts';
import type { ConversationState, FlowState, ParticipantState, QueueState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { callDataAction } from './data-action.ts';
import { createCloudData, createLocalData, type ParticipantData } from './participant-data.ts';
import type { ArchitectSettings, FlowRun, FlowStep, StepReport } from './step.ts';

/** Flow types that hold a local copy of participant data. */
const VOICE: ReadonlySet<string> = new Set([
  'INBOUNDCALL',
  'INQUEUECALL',
  'OUTBOUNDCALL',
  'SECURECALL',
  'VOICE',
]);

/** Runs that are remembered; older ones fall out. */
const RUNS_KEPT = 1000;

export interface ArchitectParts {
  readonly world: World;
  readonly writer: AttributeWriter;
  readonly settings: () => ArchitectSettings;
}

export interface FlowStart {
  readonly conversation: ConversationState;
  readonly customer: ParticipantState;
  readonly flow: FlowState;
  /** Where it goes when the steps are over without a transfer. */
  readonly queue: QueueState | undefined;
}

interface Running extends FlowStart {
  readonly run: FlowRun;
  readonly participant: ParticipantState;
  readonly data: ParticipantData;
  readonly variables: Map<string, string>;
}

/** Runs flows over conversations, step by step by the world's clock, and remembers what each saw. */
export class Architect {
  readonly #parts: ArchitectParts;
  /** Flows that are not over, by their participant. */
  readonly #running = new Map<string, Running>();
  #runs: FlowRun[] = [];

  constructor(parts: ArchitectParts) {
    this.#parts = parts;
    // However a flow's participant leaves, the flow is over at that moment.
    parts.world.listen((event) => {
      if (event.kind === 'cleared') this.#clear();
      if (event.kind !== 'detail' || event.detail !== 'flow.end') return;
      const running = this.#running.get(event.participant.id);
      if (running !== undefined) this.#finish(running);
    });
  }

  /** The runs over one conversation, or all that are remembered; oldest first. */
  runs(conversationId?: string): readonly FlowRun[] {
    return this.#runs.filter(
      (run) => (conversationId ?? run.conversationId) === run.conversationId,
    );
  }

  #clear(): void {
    this.#runs = [];
    this.#running.clear();
  }

  /** Adds the flow's participant and takes the first step. */
  start(start: FlowStart): void {
    const { world, writer, settings } = this.#parts;
    const { conversation, customer, flow } = start;
    const { media } = conversation;
    const isVoice = VOICE.has(flow.type);
    const participant = addParticipant(world, conversation, {
      purpose: isVoice ? 'ivr' : 'workflow',
      name: flow.name,
      flowId: flow.id,
      leg: { media, direction: 'inbound', state: 'connected', ...pathOf(customer) },
    });
    publishStart(world, conversation, participant);
    publishConversation(world, conversation);
    const run: FlowRun = {
      flowId: flow.id,
      flowVersion: flow.versions.at(-1)?.id ?? '',
      conversationId: conversation.id,
      participantId: participant.id,
      startedAt: world.now(),
      endedAt: undefined,
      steps: [],
    };
    this.#runs = [...this.#runs.slice(-RUNS_KEPT + 1), run];
    const dataParts = { writer, conversation, customer, settings: settings() };
    const data = isVoice ? createLocalData(dataParts) : createCloudData(dataParts);
    const running: Running = { ...start, run, participant, data, variables: new Map() };
    this.#running.set(participant.id, running);
    this.#step(running, 0);
  }

  /** Takes steps until one has to wait, or the flow is over. */
  #step(running: Running, from: number): void {
    const { flow, participant } = running;
    for (let at = from; ; at++) {
      // The caller may have hung up, or somebody moved the conversation on, while the flow waited.
      if (!isActive(participant)) return;
      const step = flow.steps[at];
      if (step === undefined) {
        this.#leave(running, running.queue);
        return;
      }
      if (!this.#take(running, step, at)) return;
    }
  }

  /** @returns false when the flow goes on later, or not at all */
  #take(running: Running, step: FlowStep, at: number): boolean {
    const { world } = this.#parts;
    const { data, variables, conversation } = running;
    const report = (rest: Omit<StepReport, 'step' | 'at'>): void =>
      void running.run.steps.push({ step: at, at: world.now(), ...rest });
    if ('get' in step) {
      const value = data.get(step.get);
      if (value !== undefined) variables.set(step.get, value);
      report({ kind: 'get', values: { [step.get]: value ?? null } });
      return true;
    }
    if ('set' in step) {
      const values = fill(step.set, variables);
      data.set(values);
      report({ kind: 'set', values: Object.fromEntries(values) });
      return true;
    }
    if ('waitMs' in step) {
      report({ kind: 'wait' });
      world.after(step.waitMs, () => this.#step(running, at + 1));
      return false;
    }
    if ('callDataAction' in step) {
      void this.#callOut(running, step.callDataAction, at);
      return false;
    }
    if ('transferTo' in step) {
      report({ kind: 'transfer' });
      this.#leave(running, world.findQueue(step.transferTo));
      return false;
    }
    report({ kind: 'disconnect' });
    endConversation(world, conversation, 'system');
    return false;
  }

  async #callOut(
    running: Running,
    call: Extract<FlowStep, { readonly callDataAction: unknown }>['callDataAction'],
    at: number,
  ): Promise<void> {
    const { world } = this.#parts;
    const { conversation, customer, variables } = running;
    const input = fill(call.input ?? {}, variables);
    const body = {
      conversationId: conversation.id,
      participantId: customer.id,
      ...Object.fromEntries(input),
    };
    const { outcome, output } = await callDataAction(world, call, body);
    for (const [name, value] of output) variables.set(name, value);
    const values = Object.fromEntries(output);
    running.run.steps.push({ step: at, at: world.now(), kind: 'data-action', outcome, values });
    this.#step(running, at + 1);
  }

  /** The flow is over and hands the conversation to a queue, or lets go of it. */
  #leave(running: Running, queue: QueueState | undefined): void {
    const { world } = this.#parts;
    const { conversation, participant } = running;
    if (queue !== undefined) {
      enqueue(world, conversation, queue);
      return;
    }
    leaveAndTell(world, conversation, participant, 'system');
    endConversation(world, conversation, 'system');
  }

  #finish({ run, data, participant }: Running): void {
    this.#running.delete(participant.id);
    run.endedAt = this.#parts.world.now();
    data.finish();
  }
}

/** Puts variables in the place of `${name}`. */
function fill(
  texts: Readonly<Record<string, string>>,
  variables: ReadonlyMap<string, string>,
): Map<string, string> {
  const filled = Object.entries(texts).map(
    ([key, text]) =>
      [
        key,
        text.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => variables.get(name) ?? ''),
      ] as const,
  );
  return new Map(filled);
}
