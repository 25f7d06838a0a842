import { z } from 'zod';
import type { Optional } from './optional.ts';
import { authSchema, type AuthConfig, type AuthOptions } from './sign-in/auth-options.ts';

/** How the platform is reached, signed in to, and spared; as a user writes it. */
export interface GenesysOptions {
  readonly region?: string | undefined;
  readonly apiUrl?: string | undefined;
  readonly loginUrl?: string | undefined;
  readonly auth: AuthOptions;
  readonly timeoutMs?: number | undefined;
  readonly maxAnswerBytes?: number | undefined;
  readonly retry?: Optional<RetryOptions> | undefined;
  readonly budget?: Optional<BudgetOptions> | undefined;
}

/** The same with defaults. */
export interface GenesysConfig {
  readonly region?: string | undefined;
  readonly apiUrl?: string | undefined;
  readonly loginUrl?: string | undefined;
  readonly auth: AuthConfig;
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  readonly retry: RetryOptions;
  readonly budget: BudgetOptions;
}

export interface RetryOptions {
  readonly maxRetries: number;
  readonly withinMs: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
}

export interface BudgetOptions {
  readonly assumePerMinute?: number | undefined;
  readonly maxInFlight: number;
}

const durationMs = (): z.ZodInt => z.int().positive();

const retrySchema: z.ZodType<RetryOptions, Optional<RetryOptions>> = z.strictObject({
  maxRetries: z
    .int()
    .min(0)
    .max(20)
    .default(5)
    .describe('Most retries of one call. 0 to 20, default 5.'),
  withinMs: durationMs()
    .default(60_000)
    .describe(
      'Longest time from the first try to the start of the last retry, in milliseconds. Default 60000.',
    ),
  baseDelayMs: durationMs()
    .default(250)
    .describe(
      'Delay before the first retry, in milliseconds; doubled with each one and jittered. Default 250.',
    ),
  maxDelayMs: durationMs()
    .default(10_000)
    .describe(
      'Longest delay between retries, in milliseconds, unless the platform asks for more. Default 10000.',
    ),
});

const budgetSchema: z.ZodType<BudgetOptions, Optional<BudgetOptions>> = z.strictObject({
  assumePerMinute: z
    .int()
    .positive()
    .optional()
    .describe(
      'Requests a minute to keep to when answers carry no rate headers. Default: no limit then.',
    ),
  maxInFlight: z
    .int()
    .min(1)
    .max(1_000)
    .default(64)
    .describe('Most requests at one time, and most connections. 1 to 1000, default 64.'),
});

export const genesysOptionsSchema: z.ZodType<GenesysConfig, GenesysOptions> = z
  .strictObject({
    region: z
      .string()
      .min(1)
      .optional()
      .describe('Domain (mypurecloud.de) or AWS region (eu-central-1) of the organization.'),
    apiUrl: z
      .string()
      .min(1)
      .optional()
      .describe('Base URL of the API instead of the region’s: for the emulator or a proxy.'),
    loginUrl: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Base URL of the login; the token endpoint is /oauth/token under it. Default: apiUrl if given, else the region’s.',
      ),
    auth: authSchema.describe('How to sign in.'),
    timeoutMs: durationMs()
      .max(300_000)
      .default(10_000)
      .describe('Longest wait for one answer, in milliseconds. Up to 300000, default 10000.'),
    maxAnswerBytes: z
      .int()
      .min(65_536)
      .default(8_388_608)
      .describe('Largest answer that is read, in bytes. At least 65536, default 8388608 (8 MiB).'),
    retry: retrySchema.prefault({}).describe('What is tried again, and how often.'),
    budget: budgetSchema.prefault({}).describe('How the rate limit is kept.'),
  })
  .refine((options) => options.region !== undefined || options.apiUrl !== undefined, {
    path: ['region'],
    error: 'expected region, or apiUrl for the emulator or a proxy',
  });
