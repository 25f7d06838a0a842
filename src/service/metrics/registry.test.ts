import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUCKETS } from './catalogue.ts';
import { MetricRegistry } from './registry.ts';

/** A line of the text format 0.0.4: name, labels in braces, a number. */
const SAMPLE =
  /^([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (NaN|[+-]Inf|-?\d[\d.e+-]*)$/;

interface Read {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the text as the format's grammar says; what is no line of it is an error. */
function read(text: string): readonly Read[] {
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.slice(0, -1).split('\n');
  const samples = lines.filter((line) => !/^# (?:HELP|TYPE) [a-z_]+ \S/.test(line));
  return samples.map((line) => {
    const [, name = '', labels = '', value = 'no sample'] = SAMPLE.exec(line) ?? [];
    expect([line, value]).not.toContain('no sample');
    const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(
      ([, key = '', quoted = '']) =>
        [key, quoted.replaceAll(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))] as const,
    );
    return {
      name,
      labels: Object.fromEntries(pairs),
      value: Number(value.replace('Inf', 'Infinity')),
    };
  });
}

describe('MetricRegistry', () => {
  it('shows counts by their labels, whatever a label holds', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 20 }), (results) => {
        const registry = new MetricRegistry();
        for (const result of results) registry.add('rapport_enrichments_total', [result]);
        const { text } = registry.render([{ name: 'rapport_streams_open', value: 7 }]);
        const counted = read(text).filter(({ name }) => name === 'rapport_enrichments_total');
        expect(
          Object.fromEntries(counted.map(({ labels, value }) => [labels['result'], value])),
        ).toEqual(
          Object.fromEntries(
            [...Map.groupBy(results, (result) => result)].map(([key, all]) => [key, all.length]),
          ),
        );
      }),
    );
  });

  it('counts a value in every bucket that it does not exceed, and adds it to the sum', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { minLength: 1 }),
        (values) => {
          const registry = new MetricRegistry();
          for (const value of values) registry.observe('rapport_stage_seconds', value, ['lookup']);
          const samples = read(registry.render([]).text);
          const buckets = samples.filter(({ name }) => name === 'rapport_stage_seconds_bucket');
          expect(buckets.map(({ labels }) => labels['le'])).toEqual([
            ...BUCKETS.seconds.map(String),
            '+Inf',
          ]);
          for (const { labels, value } of buckets) {
            const bound = Number(labels['le']?.replace('Inf', 'Infinity'));
            expect([labels['stage'], value]).toEqual([
              'lookup',
              values.filter((each) => each <= bound).length,
            ]);
          }
          const sum = samples.find(({ name }) => name === 'rapport_stage_seconds_sum');
          expect(sum?.value).toBeCloseTo(
            values.reduce((total, each) => total + each, 0),
            6,
          );
          expect(samples.find(({ name }) => name.endsWith('_count'))?.value).toBe(values.length);
        },
      ),
    );
  });

  it('says what each metric is before its first line, once', () => {
    const registry = new MetricRegistry();
    registry.observe('rapport_request_to_settled_seconds', 1);
    const { text, mediaType } = registry.render([
      { name: 'rapport_ledger_depth', labels: ['live'], value: 1 },
      { name: 'rapport_ledger_depth', labels: ['manual'], value: 0 },
    ]);
    expect(mediaType).toContain('version=0.0.4');
    expect(text.match(/^# TYPE .*/gm)).toEqual([
      '# TYPE rapport_request_to_settled_seconds histogram',
      '# TYPE rapport_ledger_depth gauge',
    ]);
    expect(text).toContain(
      'rapport_ledger_depth{lane="live"} 1\nrapport_ledger_depth{lane="manual"} 0\n',
    );
  });
});
