import { z } from 'zod';
import { isKeyHash, MASTER_NAME, type KeyRecord } from './keys.ts';
import { SCOPES } from './principal.ts';

/** Who may call the service. */
export interface AccessOptions {
  readonly keys: readonly KeyRecord[];
  /** Agents may come with their own access token of the platform. */
  readonly agents: boolean;
}

const keyOptions: z.ZodType<KeyRecord> = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected 1 to 64 letters, digits, . _ or -')
    .refine((name) => name !== MASTER_NAME, {
      error: `expected another name than ${MASTER_NAME}, which is that of service.apiKey`,
    })
    .describe('Who has the key, as the audit log names them.'),
  hash: z
    .string()
    .refine(isKeyHash, { error: 'expected the hash that `rapport keys create` printed' })
    .describe('The key’s hash, as `rapport keys create` prints it; never the key itself.'),
  scopes: z.array(z.enum(SCOPES)).min(1).readonly().describe('What the key may be used for.'),
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .optional()
    .describe('When the key ends, as ISO 8601 with a zone. Without it, never.'),
});

export const accessOptions: z.ZodType<AccessOptions> = z.strictObject({
  keys: z
    .array(keyOptions)
    .readonly()
    .default([])
    .refine((keys) => new Set(keys.map(({ name }) => name)).size === keys.length, {
      error: 'expected each key to have a name of its own',
    })
    .describe('Keys of programs that call this service.'),
  agents: z
    .boolean()
    .default(false)
    .describe(
      'Whether agents may come with their own access token of the platform, to see and enrich the conversations that they are on. Default false.',
    ),
});
