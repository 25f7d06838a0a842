import {
  emulatorAnswers,
  emulatorFrames,
  type AnswerMessage,
  type FrameMessage,
} from '../../../src/emulator/diagnostics.ts';
import { OPENAPI_VARIABLE, TOPICS_VARIABLE, type TallyPart } from './tally.ts';
import { createContractValidator, type ContractValidator } from './validator.ts';

/**
 * Hears every answer and every frame of every emulator in this process, whoever started it, and
 * holds it against the contract.
 */
export class ContractWatch {
  // Made at the first answer: most test files need no emulator, and reading the SDK's types takes a moment.
  #validator: ContractValidator | undefined;
  #problems: string[] = [];
  #part = emptyPart();

  start(): void {
    emulatorAnswers.listen((answer) => this.#hearAnswer(answer));
    emulatorFrames.listen((frame) => this.#hearFrame(frame));
  }

  /** What was wrong since the last call. */
  takeProblems(): readonly string[] {
    const problems = [...new Set(this.#problems)];
    this.#problems = [];
    return problems;
  }

  /** What was heard since the last call. */
  takePart(): TallyPart {
    const { operations, topics, ...counts } = this.#part;
    this.#part = emptyPart();
    return { ...counts, operations: [...operations], topics: [...topics] };
  }

  #hearAnswer(answer: AnswerMessage): void {
    const validator = this.#ensureValidator();
    this.#problems.push(...validator.checkAnswer(answer));
    const operation = answer.operation ?? 'none';
    this.#part.answers += 1;
    this.#part.operations.add(operation);
    if (validator.hasDocument(operation)) this.#part.answersByDocument += 1;
  }

  #hearFrame(frame: FrameMessage): void {
    this.#problems.push(...this.#ensureValidator().checkFrame(frame));
    // Heartbeats are many, and alike.
    if (!frame.topicName.startsWith('v2.')) return;
    this.#part.frames += 1;
    // Ids differ in every test: what is counted are topics as the platform lists them.
    this.#part.topics.add(frame.topicName.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '{id}'));
  }

  #ensureValidator(): ContractValidator {
    return (this.#validator ??= createContractValidator({
      openApi: process.env[OPENAPI_VARIABLE],
      topics: process.env[TOPICS_VARIABLE],
    }));
  }
}

const emptyPart = () => ({
  answers: 0,
  answersByDocument: 0,
  frames: 0,
  operations: new Set<string>(),
  topics: new Set<string>(),
});

/** The one watch of this process; test files share it, as they share the module graph. */
export const contractWatch: ContractWatch = new ContractWatch();
// Ten thousand schedules say the same over and over: those of every test run are enough.
if (process.env['RAPPORT_SCHEDULES'] === undefined) contractWatch.start();
