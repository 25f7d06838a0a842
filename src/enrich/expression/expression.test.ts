import * as fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { BUILTIN_NAMES, REFUSED_FUNCTIONS } from './builtins.ts';
import { compileExpression, type Evaluated } from './expression.ts';

const numRuns = Number(process.env['RAPPORT_RUNS'] ?? 50);

const evaluate = (text: string, input: unknown = {}): Promise<Evaluated> =>
  compileExpression(text).evaluate(input, {});

function refusalOf(text: string): string {
  try {
    compileExpression(text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'accepted';
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

const reads = (text: string): readonly string[] => {
  const { roots, readsWhole } = compileExpression(text);
  return [...roots, ...(readsWhole ? ['*'] : [])];
};

const record = {
  crm: {
    name: { first: 'Ada', last: 'Lovelace' },
    tier: 'gold',
    tags: ['vip', 'b2b'],
    orders: [
      { id: 1, total: 10.5, status: 'open' },
      { id: 2, total: 4, status: 'closed' },
      { id: 3, total: 7, status: 'open' },
    ],
    ['__proto__']: 'plain',
  },
};

describe('compileExpression', () => {
  it.for([
    ['crm.tier', 'gold'],
    ["crm.name.first & ' ' & crm.name.last", 'Ada Lovelace'],
    ["$sum(crm.orders[status = 'open'].total)", 17.5],
    ['$count(crm.orders)', 3],
    ['crm.orders^(>total)[0].id', 1],
    ["$join(crm.tags, ',')", 'vip,b2b'],
    ["crm.tier = 'gold' ? 'high' : 'low'", 'high'],
    ["'vip' in crm.tags", true],
    ['$map(crm.orders, function($o) { $o.id * 2 })[1]', 4],
    ['crm.nothing ?? "default"', 'default'],
    ['(crm.orders.{ "n": id })[2].n', 3],
    ['(crm.orders{ status: $sum(total) }).open', 17.5],
    ['$uppercase(crm.tier) ~> $lowercase', 'gold'],
    ['crm.tier.$uppercase()', 'GOLD'],
    ['$replace(crm.tier, "g", "b")', 'bold'],
    ['$fromMillis($toMillis("2026-01-05T09:00:00Z"), "[D01].[M01].[Y0001]")', '05.01.2026'],
    ['($f := function($n) { $n < 2 ? 1 : $n * $f($n - 1) }; $f(5))', 120],
    ['$string(crm.orders[0])', '{"id":1,"total":10.5,"status":"open"}'],
    ['crm.missing.deeper', undefined],
    ['crm.constructor', undefined],
    ['crm.toString', undefined],
  ] as const)('%s gives %j', async ([text, expected]) => {
    expect(await evaluate(text, record)).toEqual({ kind: 'value', value: expected });
  });

  it.for([
    ['a regular expression', '$split(crm.x, /a+/)', 'regular expressions are refused'],
    ['$match', '$match(crm.x, "a")', 'needs a regular expression'],
    ['$eval', '$eval(crm.code)', 'compiles text from data as code'],
    ['$random', '$random()', 'another value at every run'],
    ['$shuffle under another name', '($r := $shuffle; $r([1]))', 'another order at every run'],
    ['$parseInteger', '$parseInteger("1", "#0")', 'makes a regular expression'],
    ['a transform', 'crm ~> |name|{"a":1}|', 'transform operator is refused'],
    ['a syntax error', 'crm.(', 'at character 5'],
    ['deep nesting', `${'('.repeat(1999)}a${')'.repeat(1999)}`, 'nested too deeply'],
    ['overlong text', 'a'.repeat(4001), 'longer than 4000 characters'],
  ] as const)('refuses %s before it runs', ([, text, reason]) => {
    expect(refusalOf(text)).toContain(reason);
  });

  it('knows every function of the JSONata that is installed, as metered or as refused', async () => {
    const source = await readFile(new URL(import.meta.resolve('jsonata')), 'utf8');
    const installed = [...source.matchAll(/staticFrame\.bind\('(\w+)'/g)].map(([, name]) => name);
    expect(installed.length).toBeGreaterThan(50);
    expect(new Set([...BUILTIN_NAMES, ...REFUSED_FUNCTIONS.keys()])).toEqual(new Set(installed));
  });

  it.for([
    ['pads to a gigabyte', '$length($pad("", 500000000))'],
    ['doubles a text', '($f := function($s,$n){$n=0?$s:$f($s&$s,$n-1)}; $uppercase($f("a", 40)))'],
    ['doubles a text in a path', '("a").($&$)' + '.($&$)'.repeat(40)],
    [
      'doubles an object, then writes it',
      '($f := function($o,$n){$n=0?$o:$f({"a":$o,"b":$o},$n-1)}; $string($f("a", 40)))',
    ],
    [
      'doubles an object, then compares it',
      '($f := function($o,$n){$n=0?$o:$f({"a":$o,"b":$o},$n-1)}; $f("a", 40) = $f("a", 40))',
    ],
    [
      'doubles an object in a path, then compares it',
      '{"a":1}' + '.{"a":$,"b":$}'.repeat(40) + '.($ = $)',
    ],
    [
      'doubles an object by reducing, then uses it as a key',
      '{$reduce([1..40], function($a,$i){{"a":$a,"b":$a}}): 1}',
    ],
    [
      'doubles an object by reducing, then groups by it',
      '[1]{$reduce([1..40], function($a,$i){{"a":$a,"b":$a}}): 1}',
    ],
    ['joins long texts', '$join([1..1999].$pad("",60000), "x")'],
    ['joins by a long separator', '$join([1..1999], $pad("",100000))'],
    ['replaces every character by a long text', '$replace($pad("",100000), " ", $pad("",100000))'],
    ['never ends', '($f := function($n){$f($n+1)}; $f(1))'],
    ['nests without end', '($f := function($n){1 + $f($n+1)}; $f(1))'],
    ['counts to ten million', '[1..10000000]'],
    ['multiplies lists', '[1..1999].[1..1999]'],
    ['copies a long list at every step', '[1..1999].[$$.list]'],
    ['crosses lists', '([1..1999])@$a.([1..1999])@$b.($a*$b)'],
    ['compares every pair', '$distinct(long)'],
    ['asks for a date a gigabyte wide', '$fromMillis(0, "[Y,500000000-500000000]")'],
    [
      'parses a date by a hostile picture',
      '$toMillis("1111111111111111111111111111x", "[Y][Y][Y][Y][Y][Y][Y][Y]")',
    ],
    ['uses a function under another name', '($p := $pad; $p("", 500000000))'],
    ['uses a function half applied', '($p := $pad(?, 500000000); $length($p("x")))'],
    ['maps a function over a list', '$map([1..1999], $pad(?, 200000))'],
  ] as const)('stops an expression that %s', async ([, text]) => {
    expect(await evaluate(text, { list: numbers(1999), long: numbers(9999) })).toMatchObject({
      kind: 'failed',
    });
  });

  it('gives what JSONata gives without a meter', async () => {
    const path = fc.constantFrom(
      'crm.tier',
      'crm.name',
      'crm.orders',
      'crm.orders.total',
      'crm.tags',
      'crm.none',
      '$',
      '1',
      '"x"',
    );
    const { expression } = fc.letrec<{ expression: string }>((tie) => ({
      expression: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        path,
        fc
          .tuple(
            tie('expression'),
            fc.constantFrom('&', '=', '!=', 'in', 'and', '+', '<', '??'),
            tie('expression'),
          )
          .map(([a, op, b]) => `(${a} ${op} ${b})`),
        fc
          .tuple(
            fc.constantFrom(
              '$count',
              '$string',
              '$exists',
              '$uppercase',
              '$reverse',
              '$distinct',
              '$keys',
              '$type',
            ),
            tie('expression'),
          )
          .map(([name, a]) => `${name}(${a})`),
        tie('expression').map((a) => `[${a}, ${a}]`),
        tie('expression').map((a) => `{"k": ${a}}`),
        fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(${a}).(${b})`),
        fc
          .tuple(tie('expression'), tie('expression'))
          .map(([a, b]) => `$map(${a}, function($v) { ${b} })`),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(expression, async (text) => {
        const plain = await jsonata(text, { timeout: 1000, stack: 500 })
          .evaluate(record)
          .then(
            (value: unknown) => ({ kind: 'value', value }),
            () => ({ kind: 'failed' }),
          );
        const metered = await evaluate(text, record);
        expect(JSON.stringify(metered.kind === 'value' ? metered : { kind: 'failed' })).toBe(
          JSON.stringify(plain),
        );
      }),
      { numRuns },
    );
  });

  it('counts the steps of evaluations that run at the same time apart', async () => {
    const counting = compileExpression('$count($map([1..n], function($i) { $i + 1 }))');
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => counting.evaluate({ n: 1500 }, {})),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set(['{"kind":"value","value":1500}']),
    );
  });

  it('tells which sources an expression reads, and when it reads them all', () => {
    expect(reads('crm.tier')).toEqual(['crm']);
    expect(reads('$sum(orders[crm.x = $$.limits.y].total)')).toEqual(['orders', 'limits']);
    expect(reads('crm.orders.(total & $$.rates.eur)')).toEqual(['crm', 'rates']);
    expect(reads('crm.a ? crm.b : web.c')).toEqual(['crm', 'web']);
    expect(reads('$.crm')).toEqual(['crm']);
    expect(reads('*.tier')).toEqual(['*']);
    expect(reads('$keys($$)')).toEqual(['*']);
    expect(reads('"constant"')).toEqual([]);
  });

  it('never tells a value in the message of a failure', async () => {
    const failed = await evaluate('crm.secret + 1', { crm: { secret: 'hunter2' } });
    expect(failed).toEqual({
      kind: 'failed',
      code: 'T2001',
      message: 'could not be evaluated (JSONata error T2001)',
    });
  });
});
