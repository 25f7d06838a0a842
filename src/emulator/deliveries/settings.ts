/** Where events go by HTTP, in the form that AWS EventBridge or a workflow's data action has. */
export interface DeliverySettings {
  /** Gets a POST per event. */
  readonly url: string;
  /**
   * `eventbridge`: the envelope that EventBridge passes on. `data-action`: flat JSON as a workflow
   * posts it through a web-services data action.
   */
  readonly shape: 'eventbridge' | 'data-action';
  /**
   * Topic templates of detail events, `{id}` for any conversation and a trailing `*` for any event.
   * @defaultValue `['v2.detail.events.conversation.{id}.*']`
   */
  readonly topics?: readonly string[] | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Time from event to first attempt, in milliseconds; a pair is a range drawn from the seed, which reorders. @defaultValue `0` */
  readonly delayMs?: number | readonly [min: number, max: number] | undefined;
  /** Share of events that arrive twice, 0 to 1. @defaultValue `0` */
  readonly duplicates?: number | undefined;
  /** How long a refused event is tried again, in milliseconds. @defaultValue `345_600_000`: four days */
  readonly retryForMs?: number | undefined;
}

/** Source: Genesys blog on EventBridge, 2022-07-29, checked 2026-11. */
export const RETRY_FOR_MS: number = 4 * 24 * 3_600_000;

/** Source: AWS EventBridge documentation, rule retry policy, checked 2026-11. */
export const DELIVERY_TIMEOUT_MS = 5000;
