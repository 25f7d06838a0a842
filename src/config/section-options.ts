import { z } from 'zod';

export interface ServiceOptions {
  readonly host: string;
  readonly port: number;
  readonly apiKey?: string | undefined;
}

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
});
