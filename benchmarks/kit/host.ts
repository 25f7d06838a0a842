import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** What a hosted process tells its parent: the answer to the question of that number. */
export interface Reply {
  readonly question: number;
  readonly answer: unknown;
}

export interface Question {
  readonly question: number;
  readonly name: string;
  readonly argument: unknown;
}

/** Questions by name, each with what is asked along and what is answered. */
export type Questions = Readonly<Record<string, (argument: never) => unknown>>;

type Argument<Asked> = Asked extends (argument: infer Given) => unknown ? Given : never;
type Answer<Asked> = Asked extends (argument: never) => infer Given ? Awaited<Given> : never;

/** A process of its own, so that what it uses is not measured together with what its parent uses. */
export class Host<Known extends Questions> implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #asked = 0;

  constructor(file: URL) {
    this.#child = fork(file);
    this.#child.on('message', ({ question, answer }: Reply) => {
      this.#waiting.get(question)?.resolve(answer);
      this.#waiting.delete(question);
    });
    this.#child.once('exit', (code) => {
      const error = new Error(`${file.pathname} ended with status ${code}`);
      for (const { reject } of this.#waiting.values()) reject(error);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  ask<Name extends keyof Known & string>(
    name: Name,
    argument: Argument<Known[Name]>,
  ): Promise<Answer<Known[Name]>> {
    const answered = Promise.withResolvers<unknown>();
    this.#asked += 1;
    this.#waiting.set(this.#asked, answered);
    this.#child.send({ question: this.#asked, name, argument } satisfies Question);
    return answered.promise as Promise<Answer<Known[Name]>>;
  }

  /** Lets it end by itself; what it holds is given back in its `disconnect`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}

/** The other side: answers the parent's questions until it goes away. */
export function answerParent(questions: Questions): void {
  process.on('message', ({ question, name, argument }: Question) => {
    void Promise.resolve(questions[name]?.(argument as never)).then((answer) =>
      process.send?.({ question, answer } satisfies Reply),
    );
  });
}
