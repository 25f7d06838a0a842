import { z } from 'zod';
import { LOG_LEVELS, type LogLevel } from '../lib/log.ts';

export interface ServiceOptions {
  readonly host: string;
  readonly port: number;
  readonly apiKey?: string | undefined;
  readonly origins: readonly string[];
  readonly requestsPerSecond: number;
  readonly maxConcurrent: number;
  readonly maxHeaderBytes: number;
  readonly logLevel: LogLevel;
}

/** As a browser sends it: scheme, host, and the port where it is not the scheme's own. */
const origin = z.url({ protocol: /^https?$/ }).refine((text) => new URL(text).origin === text, {
  error: 'expected an origin such as https://desktop.example, with no path behind it',
});

export const serviceOptions: z.ZodType<ServiceOptions> = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('The address to listen on.'),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(8080)
    .describe('The port to listen on; 0 takes a free one.'),
  apiKey: z
    .string()
    .min(16)
    .optional()
    .describe(
      'One key that may do everything, sent as `Authorization: Bearer`. At least 16 characters.',
    ),
  origins: z
    .array(origin)
    .max(100)
    .readonly()
    .default([])
    .describe(
      'Origins of the web pages that may call from a browser, such as that of the agents’ desktop. Default none.',
    ),
  requestsPerSecond: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe(
      'Requests that one key or one person may send in a second, with as many saved up; more are answered 429. 1 to 100000, default 1000.',
    ),
  maxConcurrent: z
    .int()
    .min(1)
    .max(100_000)
    .default(2000)
    .describe(
      'Requests under way at once, of callers with a key and of others each, streams not counted; more are answered 503. One address has at most half of those without a key. 1 to 100000, default 2000.',
    ),
  maxHeaderBytes: z
    .int()
    .min(2048)
    .max(65_536)
    .default(16_384)
    .describe(
      'Largest head of a request, in bytes; a larger one is answered 431. 2048 to 65536, default 16384.',
    ),
  logLevel: z
    .enum(LOG_LEVELS)
    .default('info')
    .describe('The least that is logged: debug, info, warn or error. Default info.'),
});
