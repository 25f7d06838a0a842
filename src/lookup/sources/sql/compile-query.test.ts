import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileQuery, type Dialect } from './compile-query.ts';

const numRuns = Number(process.env['RAPPORT_RUNS'] ?? 150);

/** The text, or the problem. */
function compiled(sql: string, dialect: Dialect = 'postgres'): string {
  const query = compileQuery(sql, dialect);
  return 'text' in query ? query.text : `problem: ${query.problem}`;
}

describe('compileQuery', () => {
  it('numbers placeholders for PostgreSQL, one for each use, and lists what to bind', () => {
    expect(
      compileQuery(
        'select * from c where phone = :key or alt = :key and cid = :conversationId and k=:keyKind',
        'postgres',
      ),
    ).toEqual({
      text: 'select * from c where phone = $1 or alt = $2 and cid = $3 and k=$4',
      parameters: ['key', 'key', 'conversationId', 'keyKind'],
    });
  });

  it.each<Dialect>(['mysql', 'sqlite'])('writes question marks for %s', (dialect) => {
    expect(compileQuery('select a from c where p in (:key, :keyKind)', dialect)).toEqual({
      text: 'select a from c where p in (?, ?)',
      parameters: ['key', 'keyKind'],
    });
  });

  it.each([
    ['a string', "select ':key'"],
    ['a string with a quote in it', "select 'it''s :key'"],
    ['an escape string', String.raw`select E'it\'s :key'`],
    ['a backslash that escapes nothing', String.raw`select '\', a`],
    ['a quoted name', 'select ":key" from "a"":key"'],
    ['a line comment', 'select 1 -- :key\n, 2'],
    ['a block comment', 'select /* :key */ 1'],
    ['comments in comments', 'select /* a /* :key */ :key */ 1'],
    ['a dollar quote', 'select $$ :key $$'],
    ['a tagged dollar quote', 'select $q$ :key $$ $x$ $q$'],
    ['a cast', 'select count(*)::int, a::key'],
    ['a slice', 'select a[1:n], a[b:key], (a)[x():key]'],
    ['the question mark of a JSON operator', "select a ? 'b'"],
  ])('sees no parameter in %s (PostgreSQL)', (_name, sql) => {
    expect(compileQuery(sql, 'postgres')).toEqual({ text: sql, parameters: [] });
  });

  it.each([
    ['a string with escapes', String.raw`select 'it\'s :key', "say \":key\""`],
    ['a quoted name', 'select `:key`'],
    ['a hash comment', 'select 1 # :key\n, 2'],
    ['a line comment', 'select 1 -- :key ?'],
    ['an assignment', 'select @a := 1'],
  ])('sees no parameter in %s (MySQL)', (_name, sql) => {
    expect(compileQuery(sql, 'mysql')).toEqual({ text: sql, parameters: [] });
  });

  it.each([
    ['a name in brackets', 'select [:key] from c'],
    ['a name in backticks', 'select `:key` from c'],
    ['a comment that the file ends', 'select 1 /* :key'],
  ])('sees no parameter in %s (SQLite)', (_name, sql) => {
    expect(compileQuery(sql, 'sqlite')).toEqual({ text: sql, parameters: [] });
  });

  it('finds parameters right after what hides them', () => {
    expect(compiled("select 'a'||:key, $$x$$||:key, a::text=:key -- b\n, :key")).toBe(
      "select 'a'||$1, $$x$$||$2, a::text=$3 -- b\n, $4",
    );
    expect(compiled('select a--:key\n', 'mysql')).toBe('select a--?');
  });

  it('takes a dollar sign within a name for a part of it', () => {
    expect(compiled('select a$1, b$$c from t where k = :key')).toBe(
      'select a$1, b$$c from t where k = $1',
    );
  });

  it.each<[string, Dialect, string]>([
    ['', 'postgres', 'expected a query, found nothing'],
    [' ; ', 'postgres', 'expected a query, found nothing'],
    ['select :phone', 'postgres', 'unknown parameter :phone; there are :key, :keyKind'],
    ['select $1', 'postgres', 'expected named parameters such as :key, found $1'],
    ['select ?', 'mysql', 'expected named parameters such as :key, found ?'],
    ['select ?1', 'sqlite', 'expected named parameters such as :key, found ?1'],
    ['select @key', 'sqlite', 'expected named parameters such as :key, found @key'],
    ['select 1; delete from c', 'postgres', 'expected one statement, found several'],
    ["select 'a", 'postgres', 'that begins at character 8 never ends'],
    ['select "a', 'mysql', 'that begins at character 8 never ends'],
    ['select $q$ a', 'postgres', 'that begins at character 8 never ends'],
    ['select /* a /* b */', 'postgres', 'that begins at character 8 never ends'],
    ['select [a', 'sqlite', 'that begins at character 8 never ends'],
  ])('says what is wrong with %j (%s)', (sql, dialect, problem) => {
    expect(compiled(sql, dialect)).toContain(problem);
  });

  it('drops a semicolon at the end', () => {
    expect(compiled('select 1 ; ')).toBe('select 1');
  });

  it('never takes anything out of text that is quoted, whatever is in it', () => {
    const quoted = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => {
      const inner = text.replaceAll("'", "''").replaceAll('\\', '');
      return `':key${inner}'`;
    });
    fc.assert(
      fc.property(
        fc.array(quoted, { maxLength: 5 }),
        fc.constantFrom<Dialect>('postgres', 'mysql', 'sqlite'),
        (parts, dialect) => {
          const sql = `select ${['1', ...parts].join(' || :key || ')}`;
          const query = compileQuery(sql, dialect);
          const placeholders = parts.map((_part, i) =>
            dialect === 'postgres' ? `$${i + 1}` : '?',
          );
          const expected = parts.map((part, i) => ` || ${placeholders[i]} || ${part}`).join('');
          expect(query).toEqual({
            text: `select 1${expected}`,
            parameters: parts.map(() => 'key'),
          });
        },
      ),
      { numRuns },
    );
  });

  it('comes to an end for any text', () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      '`',
      '/*',
      '*/',
      '--',
      '$$',
      '$q$',
      ':key',
      '::',
      ';',
      '?',
      '\n',
      'e',
      '\\',
      '[',
      ']',
    );
    fc.assert(
      fc.property(
        fc.array(piece),
        fc.constantFrom<Dialect>('postgres', 'mysql', 'sqlite'),
        (parts, dialect) => {
          const query = compileQuery(parts.join(''), dialect);
          expect('text' in query || query.problem !== '').toBe(true);
        },
      ),
      { numRuns },
    );
  });
});
