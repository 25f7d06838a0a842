import { z } from 'zod';

/** How the limiter counts. Whatever the platform does not document is a setting, with the likelier default. */
export interface LimitSettings {
  /**
   * Requests that one access token may make per window.
   * @defaultValue `300` (`token.rate.per.minute`; developer centre, limits page, checked 2026-11)
   */
  readonly tokenPerWindow: number;
  /**
   * Requests that one organization, app and user may make per window over all tokens.
   * @defaultValue `3000` (`org.app.user.rate.per.minute`; same page)
   */
  readonly orgAppUserPerWindow: number;
  /** Narrower limits of single operations, each counted per token. @defaultValue none */
  readonly endpoints: readonly EndpointLimit[];
  /** Length of a window, in milliseconds, 1 or more. @defaultValue `60_000` */
  readonly windowMs: number;
  /**
   * What opens a window: the first request after the last one ended, or the clock's own minutes.
   * @defaultValue `'first-call'` (assumed)
   */
  readonly opens: 'first-call' | 'aligned';
  /**
   * How `inin-ratelimit-reset` tells the seconds that are left: rounded `up` or `down`, rounded up
   * and one more (`plus-one`: a fresh window says 61, as a published trace shows), or always the
   * window's seconds and one more (`constant`).
   * @defaultValue `'plus-one'`
   */
  readonly reset: 'up' | 'down' | 'plus-one' | 'constant';
  /** What a 429 says in `Retry-After`. @defaultValue `'seconds'` */
  readonly retryAfter: 'seconds' | 'date' | 'none';
  /** Which body a 429 has: the present code, or the older `too.many.requests`. @defaultValue `'present'` */
  readonly refusal: 'present' | 'older';
  /** Whether answers carry the `inin-ratelimit-*` headers at all. @defaultValue `true` */
  readonly headers: boolean;
  /** Whether a refused request counts too, so that `inin-ratelimit-count` passes the limit. @defaultValue `false` (assumed) */
  readonly countRefused: boolean;
  /** Requests that others have made with a token when the emulator first sees it. @defaultValue `0` */
  readonly usedAtStart: number;
  /** How long ago those others opened that first window, in milliseconds, below `windowMs`. @defaultValue `0` */
  readonly openedBeforeMs: number;
  /** Requests that others go on making with every token, evenly spaced. @defaultValue `0` */
  readonly strangersPerMinute: number;
}

/** Some of the settings; what is absent or `undefined` keeps its present value. */
export type LimitChange = { readonly [K in keyof LimitSettings]?: LimitSettings[K] | undefined };

export interface EndpointLimit {
  /** Method and path, `*` or `{name}` for one segment: `PUT /api/v2/architect/ivrs/{ivrId}`. */
  readonly operation: string;
  readonly perWindow: number;
}

export const DEFAULT_LIMIT_SETTINGS: LimitSettings = {
  tokenPerWindow: 300,
  orgAppUserPerWindow: 3000,
  endpoints: [],
  windowMs: 60_000,
  opens: 'first-call',
  reset: 'plus-one',
  retryAfter: 'seconds',
  refusal: 'present',
  headers: true,
  countRefused: false,
  usedAtStart: 0,
  openedBeforeMs: 0,
  strangersPerMinute: 0,
};

const count = z.int().min(0);

/** A change of settings as JSON. */
export const limitSettingsSchema: z.ZodType<LimitChange> = z
  .strictObject({
    tokenPerWindow: count.min(1),
    orgAppUserPerWindow: count.min(1),
    endpoints: z.array(
      z.strictObject({
        operation: z.string().regex(/^([A-Z]+|\*) \/\S*$/, 'expected "METHOD /path"'),
        perWindow: count.min(1),
      }),
    ),
    windowMs: count.min(1),
    opens: z.enum(['first-call', 'aligned']),
    reset: z.enum(['up', 'down', 'plus-one', 'constant']),
    retryAfter: z.enum(['seconds', 'date', 'none']),
    refusal: z.enum(['present', 'older']),
    headers: z.boolean(),
    countRefused: z.boolean(),
    usedAtStart: count,
    openedBeforeMs: count,
    strangersPerMinute: z.number().min(0).max(1_000_000),
  })
  .partial();

/** `undefined` never overwrites: a caller may pass on options that were not given. */
export function withChange(settings: LimitSettings, change: LimitChange): LimitSettings {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  return { ...settings, ...Object.fromEntries(given) };
}
