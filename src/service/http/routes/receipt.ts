import { z } from 'zod';

/** What is told of a request that was made durable. */
export const receipt: z.ZodObject = z.object({
  enrichmentId: z.string(),
  traceId: z.string(),
  duplicate: z.boolean().describe('The request had been taken before; the id is the first one’s.'),
});
