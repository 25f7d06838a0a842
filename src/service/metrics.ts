import type { Progress } from '../engine/progress.ts';
import type { OutcomeResult } from '../domain/outcome.ts';

/** Upper bounds of the latency histogram, in seconds. */
const BUCKETS: readonly number[] = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

/** Counts what settles, and shows it with the present state of the rooms in Prometheus' text form. */
export class Metrics {
  readonly #results = new Map<OutcomeResult, number>();
  readonly #buckets: number[] = BUCKETS.map(() => 0);
  #count = 0;
  #seconds = 0;
  #platformRequests = 0;
  #proofRequests = 0;
  note(progress: Progress): void {
    this.#platformRequests += progress.platformRequests;
    this.#proofRequests += progress.proofRequests;
    if (progress.answered === undefined) return;
    const { result } = progress.answered.outcome;
    this.#results.set(result, (this.#results.get(result) ?? 0) + 1);
    const seconds = Math.max(0, progress.at - progress.answered.receivedAt) / 1000;
    this.#count += 1;
    this.#seconds += seconds;
    for (const [index, bound] of BUCKETS.entries()) {
      if (seconds <= bound) this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    }
  }

  /** `present` holds the numbers of this moment, by name and labels without the prefix. */
  render(present: Readonly<Record<string, number>>): {
    readonly text: string;
    readonly mediaType: string;
  } {
    const lines = [
      ...counter(
        'rapport_enrichments_total',
        'Turns that answered requests, by result.',
        [...this.#results].map(([result, value]) => [`{result="${result}"}`, value] as const),
      ),
      ...counter('rapport_platform_requests_total', 'Requests to the platform for enrichments.', [
        ['{purpose="write"}', this.#platformRequests],
        ['{purpose="proof"}', this.#proofRequests],
      ]),
      ...this.#histogram(),
      ...gauges(present),
    ];
    return { text: `${lines.join('\n')}\n`, mediaType: TEXT };
  }

  #histogram(): string[] {
    const name = 'rapport_request_to_settled_seconds';
    return [
      `# HELP ${name} From the acceptance of a request to its outcome.`,
      `# TYPE ${name} histogram`,
      ...BUCKETS.map(
        (bound, index) => `${name}_bucket{le="${bound}"} ${this.#buckets[index] ?? 0}`,
      ),
      `${name}_bucket{le="+Inf"} ${this.#count}`,
      `${name}_sum ${this.#seconds}`,
      `${name}_count ${this.#count}`,
    ];
  }
}

function counter(
  name: string,
  help: string,
  values: readonly (readonly [labels: string, value: number])[],
): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} counter`,
    ...values.map(([labels, value]) => `${name}${labels} ${value}`),
  ];
}

/** Names are ours and made of letters and underscores; labels come with them. */
function gauges(values: Readonly<Record<string, number>>): string[] {
  return Object.entries(values).map(([name, value]) => `rapport_${name} ${value}`);
}
