import { BUCKETS, METRICS, type MetricFamily, type MetricName } from './catalogue.ts';

/** Values of a metric's labels, in the order in which the catalogue names them. */
type LabelValues = readonly string[];

/** One number of this moment. */
export interface Sample {
  readonly name: MetricName;
  readonly labels?: LabelValues | undefined;
  readonly value: number;
}

interface Spread {
  readonly labels: LabelValues;
  /** How many fell into each bucket; the last is for those beyond all bounds. */
  readonly counts: number[];
  sum: number;
}

const MEDIA_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const FAMILIES: ReadonlyMap<MetricName, MetricFamily> = new Map(
  Object.entries(METRICS) as [MetricName, MetricFamily][],
);

/** Counts and spreads of one service, and the text that Prometheus reads (format 0.0.4). */
export class MetricRegistry {
  readonly #counts = new Map<MetricName, Map<string, Sample & { value: number }>>();
  readonly #spreads = new Map<MetricName, Map<string, Spread>>();

  add(name: MetricName, labels: LabelValues = [], by = 1): void {
    const series = entryOf(this.#counts, name, () => new Map());
    const sample = entryOf(series, labels.join('\n'), () => ({ name, labels, value: 0 }));
    sample.value += by;
  }

  observe(name: MetricName, value: number, labels: LabelValues = []): void {
    const buckets = boundsOf(METRICS[name]);
    const series = entryOf(this.#spreads, name, () => new Map());
    const spread = entryOf(series, labels.join('\n'), () => ({
      labels,
      counts: Array.from({ length: buckets.length + 1 }, () => 0),
      sum: 0,
    }));
    const index = buckets.findIndex((bound) => value <= bound);
    const bucket = index < 0 ? buckets.length : index;
    spread.counts[bucket] = (spread.counts[bucket] ?? 0) + 1;
    spread.sum += value;
  }

  /** `present` holds the numbers of this moment that nobody counts here. */
  render(present: readonly Sample[]): { readonly text: string; readonly mediaType: string } {
    const counted = [...this.#counts.values()].flatMap((series) => [...series.values()]);
    const byName = Map.groupBy([...counted, ...present], ({ name }) => name);
    const lines: string[] = [];
    for (const [name, family] of FAMILIES) {
      const samples = byName.get(name) ?? [];
      const spreads = [...(this.#spreads.get(name)?.values() ?? [])];
      if (samples.length + spreads.length === 0) continue;
      lines.push(`# HELP ${name} ${escapeHelp(family.help)}`, `# TYPE ${name} ${family.type}`);
      for (const { labels = [], value } of samples) {
        lines.push(`${name}${labelsOf(family.labels, labels)} ${numberOf(value)}`);
      }
      for (const spread of spreads) lines.push(...bucketLines(name, family, spread));
    }
    return { text: `${lines.join('\n')}\n`, mediaType: MEDIA_TYPE };
  }
}

function bucketLines(name: string, family: MetricFamily, spread: Spread): readonly string[] {
  const names = [...family.labels, 'le'];
  let total = 0;
  const buckets = [...boundsOf(family), Number.POSITIVE_INFINITY].map((bound, index) => {
    total += spread.counts[index] ?? 0;
    return `${name}_bucket${labelsOf(names, [...spread.labels, numberOf(bound)])} ${total}`;
  });
  const labels = labelsOf(family.labels, spread.labels);
  return [
    ...buckets,
    `${name}_sum${labels} ${numberOf(spread.sum)}`,
    `${name}_count${labels} ${total}`,
  ];
}

function labelsOf(names: readonly string[], values: LabelValues): string {
  if (names.length === 0) return '';
  const pairs = names.map((name, index) => `${name}="${escapeLabel(values[index] ?? '')}"`);
  return `{${pairs.join(',')}}`;
}

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

const numberOf = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '+Inf' : String(value);

function boundsOf({ buckets }: MetricFamily): readonly number[] {
  return buckets === undefined ? [] : BUCKETS[buckets];
}

function entryOf<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = create();
  map.set(key, made);
  return made;
}
