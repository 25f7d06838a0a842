import type {
  NewToken,
  SealedToken,
  SharedWindow,
  Sharing,
  WindowReport,
} from '../../domain/sharing.ts';
import { dropDuty, holdDuty } from '../instances/duty.ts';
import { numberOf, textOf } from '../sql/codec.ts';
import type { SqlRow, Statement } from '../sql/statement.ts';
import type { Store } from '../sql/store.ts';
import { exchangeUnit, rateWindowOf } from './rate-window.ts';
import { readToken, replaceToken } from './shared-token.ts';

/** What instances share, as rows: each OAuth client under a name that the client gives it. */
export class SqlSharing implements Sharing {
  readonly #store: Store;
  readonly #instance: string;

  constructor(store: Store, instance: string) {
    this.#store = store;
    this.#instance = instance;
  }

  async exchange(token: string, report: WindowReport): Promise<SharedWindow> {
    const of = { token, instance: this.#instance };
    const result = await this.#store.run(exchangeUnit(of, report));
    const row = result === 'refused' ? undefined : result.at(-1)?.[0];
    if (row === undefined) throw new Error('the store gave no rate window');
    return rateWindowOf(row);
  }

  async readToken(client: string): Promise<SealedToken | undefined> {
    const [row] = await this.#store.read(readToken({ client }));
    if (row === undefined) return undefined;
    return {
      generation: numberOf(row, 'generation'),
      sealed: textOf(row, 'sealed'),
      endsInMs: numberOf(row, 'ends_in'),
    };
  }

  async replaceToken(client: string, token: NewToken): Promise<boolean> {
    const lifeMs = Math.floor(token.lifeMs);
    const rows = await this.#rows(replaceToken({ ...token, client, lifeMs }));
    return rows.length > 0;
  }

  async holdSignIn(client: string, forMs: number): Promise<boolean> {
    const duty = { name: dutyOf(client), owner: this.#instance };
    return (await this.#rows(holdDuty({ ...duty, forMs }))).length > 0;
  }

  async dropSignIn(client: string): Promise<void> {
    await this.#rows(dropDuty({ name: dutyOf(client), owner: this.#instance }));
  }

  async #rows(statement: Statement): Promise<readonly SqlRow[]> {
    const result = await this.#store.run([statement]);
    return result === 'refused' ? [] : (result[0] ?? []);
  }
}

const dutyOf = (client: string): string => `sign-in:${client}`;
