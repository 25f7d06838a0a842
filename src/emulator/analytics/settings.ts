/** When analytics know of a conversation. */
export interface AnalyticsSettings {
  /** From a conversation's start until the detail query finds it, in milliseconds. @defaultValue `15_000` (assumed) */
  readonly queryDelayMs: number;
  /** From a conversation's end until a detail job finds it, in milliseconds. @defaultValue `60_000` (assumed; hours on the platform) */
  readonly jobDelayMs: number;
  /** How long a detail job runs, in milliseconds. @defaultValue `1000` (assumed) */
  readonly jobRunMs: number;
}

export const DEFAULT_ANALYTICS: AnalyticsSettings = {
  queryDelayMs: 15_000,
  jobDelayMs: 60_000,
  jobRunMs: 1000,
};
