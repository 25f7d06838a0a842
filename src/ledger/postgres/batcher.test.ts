import { describe, expect, it } from 'vitest';
import { locking, query, type Unit, type UnitResult } from '../sql/statement.ts';
import { Batcher } from './batcher.ts';

const touch = query<{ id: string }>('test.touch', 'select cast(:id as text)');
const unitOf = (id: string): Unit => [locking(touch({ id }), id)];
const alone = (id: string): Unit => [touch({ id })];
const idOf = (unit: Unit): string => String(unit[0]?.params['id']);

/** Transactions that end when the test says so. */
class Server {
  readonly batches: string[][] = [];
  readonly #open: { units: readonly Unit[]; done: PromiseWithResolvers<UnitResult[]> }[] = [];

  run(units: readonly Unit[]): Promise<UnitResult[]> {
    this.batches.push(units.map(idOf));
    const done = Promise.withResolvers<UnitResult[]>();
    this.#open.push({ units, done });
    return done.promise;
  }

  async commit(): Promise<void> {
    const next = this.#open.shift();
    next?.done.resolve(next.units.map((unit) => [[{ id: idOf(unit) }]]));
    await new Promise((resolve) => setImmediate(resolve));
  }

  async fail(error: Error): Promise<void> {
    this.#open.shift()?.done.reject(error);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function batcherOver(server: Server): Batcher {
  return new Batcher({ concurrency: 1, run: (units) => server.run(units) });
}

const serverError = (code: string): Error => Object.assign(new Error('no'), { code });

describe('Batcher', () => {
  it('lets what waits share the next transaction, sorted, one unit per conversation', async () => {
    const server = new Server();
    const batcher = batcherOver(server);
    const results = ['a', 'd', 'b', 'd', 'c'].map((id) => batcher.run(unitOf(id)));
    for (let i = 0; i < 3; i++) await server.commit();
    expect(server.batches).toEqual([['a'], ['b', 'c', 'd'], ['d']]);
    expect(await Promise.all(results)).toEqual(['a', 'd', 'b', 'd', 'c'].map((id) => [[{ id }]]));
  });

  it('runs a unit that keeps to no conversation alone, and in its turn', async () => {
    const server = new Server();
    const batcher = batcherOver(server);
    const results = [unitOf('a'), alone('claim'), unitOf('b'), unitOf('c')].map((unit) =>
      batcher.run(unit),
    );
    for (let i = 0; i < 3; i++) await server.commit();
    await Promise.all(results);
    expect(server.batches).toEqual([['a'], ['claim'], ['b', 'c']]);
  });

  it('runs units alone whose transaction the server refused, so that a bad one fails alone', async () => {
    const server = new Server();
    const batcher = batcherOver(server);
    const results = Promise.allSettled(['a', 'bad', 'good'].map((id) => batcher.run(unitOf(id))));
    await server.commit();
    await server.fail(serverError('23505'));
    await server.fail(serverError('23505'));
    await server.commit();
    expect((await results).map((result) => result.status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(server.batches).toEqual([['a'], ['bad', 'good'], ['bad'], ['good']]);
  });

  it('repeats nothing when the connection broke, since the commit may have happened', async () => {
    const server = new Server();
    const batcher = batcherOver(server);
    const first = batcher.run(unitOf('a'));
    const lost = Promise.allSettled([batcher.run(unitOf('b')), batcher.run(unitOf('c'))]);
    await server.commit();
    await server.fail(serverError('57P01'));
    await first;
    expect((await lost).map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(server.batches).toEqual([['a'], ['b', 'c']]);
  });
});
