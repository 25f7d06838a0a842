import { z } from 'zod';

/** By which a list is narrowed down, or goes on. */
export const id: z.ZodString = z.string().min(1).max(128);

/** How many rows a page of a list has. */
export const limit: z.ZodDefault<z.ZodCoercedNumber> = z.coerce
  .number()
  .int()
  .min(1)
  .max(500)
  .default(100)
  .describe('1 to 500, default 100.');
