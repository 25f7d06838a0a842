import { describe, expect, it } from 'vitest';
import { ledgerClosed, ledgerUnusable, readFailed, troubleOf, writeFailed } from './errors.ts';
import { onBothStores } from './stores.fixture.ts';

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });

onBothStores((open, { rowsOf }) => {
  it('says of a question that it was not answered, and of no change', async () => {
    await using ledger = await open();
    void ledger;
    await expect(rowsOf('no_such_table')).rejects.toMatchObject({
      code: 'ERR_LEDGER_READ',
      message: expect.stringMatching(/^the ledger \(.+\) could not be read: .*no_such_table/),
      retryable: true,
    });
  });
});

describe('writeFailed', () => {
  it.each([
    [new Error('attempt to write a readonly database'), /folder writable/],
    [coded('cannot execute INSERT in a read-only transaction', '25006'), /primary/],
    [coded('permission denied for table conversation', '42501'), /schema/],
  ])('advises on %s by what the store is', (cause, advice) => {
    const error = writeFailed(cause, 'postgres');
    expect(error).toMatchObject({ fault: 'store', retryable: true });
    expect(error.nextStep).toMatch(advice);
  });
});

describe('ledgerUnusable', () => {
  it.each([
    ['/data/rapport.db', new Error('database or disk is full'), /^Free space/],
    ['/data/rapport.db', new Error('unable to open database file'), /folder exists/],
    ['postgres://db/rapport', coded('password authentication failed', '28P01'), /password/],
    ['postgres://db/rapport', coded('connect ECONNREFUSED', 'ECONNREFUSED'), /server runs/],
    ['postgres://db/rapport', coded('cannot execute CREATE TABLE', '25006'), /primary/],
  ])('says of %s what to do about %s', (store, cause, advice) => {
    expect(ledgerUnusable(store, cause).nextStep).toMatch(advice);
  });
});

describe('troubleOf', () => {
  it.each([
    [new Error('database or disk is full'), 'its disk is full'],
    [coded('could not extend file: No space left on device', '53100'), 'its disk is full'],
    [new Error('attempt to write a readonly database'), 'it cannot be written to'],
    [coded('cannot execute INSERT in a read-only transaction', '25006'), 'it cannot be written to'],
    [new Error('disk I/O error'), 'its disk fails'],
    [coded('connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED'), 'it cannot be reached'],
    [coded('terminating connection due to administrator command', '57P01'), 'it cannot be reached'],
    [new Error('timeout exceeded when trying to connect'), 'it cannot be reached'],
    [new Error('Query read timeout'), 'it cannot be reached'],
    [coded('sorry, too many clients already', '53300'), 'it takes no more connections'],
    [coded('password authentication failed for user "rapport"', '28P01'), 'it lets nobody in'],
  ])('reads %s as "%s"', (cause, words) => {
    expect(troubleOf(writeFailed(cause, 'postgres'))).toBe(words);
  });

  it.each([
    writeFailed(new Error('UNIQUE constraint failed: outcome.conversation_id'), 'sqlite:x'),
    writeFailed(coded('duplicate key value violates unique constraint', '23505'), 'postgres'),
    writeFailed(coded('canceling statement due to lock timeout', '55P03'), 'postgres'),
    readFailed(new Error('Query read timeout'), 'postgres'),
    ledgerClosed(),
    new Error('anything else'),
  ])('sees nothing wrong with the store in: %s', (error) => {
    expect(troubleOf(error)).toBeUndefined();
  });
});
