import { z } from 'zod';
import { RapportError } from '../domain/errors.ts';
import {
  architectSettingsSchema,
  attributeSettingsSchema,
  clientSeedSchema,
  deliverySchema,
  flowSeedSchema,
  queueSeedSchema,
  userSeedSchema,
} from './control/schemas.ts';
import { limitSettingsSchema } from './limits/settings.ts';
import type { EmulatorOptions } from './options.ts';

const ms = z.number().min(0);

const integrationSchema = z.strictObject({
  name: z.string().min(1),
  id: z.string().optional(),
  kind: z.enum(['open', 'webmessaging']),
  queue: z.string().optional(),
  flow: z.string().optional(),
});

/** The members of the options that are data; what is live (clock, log, callback) the types alone hold. */
const optionsSchema = z
  .strictObject({
    host: z.string().min(1),
    port: z.int().min(0).max(65_535),
    seed: z.int().min(0),
    profile: z.enum(['platform', 'tutorials']),
    organization: z
      .strictObject({
        organization: z.string().min(1),
        clients: z.array(clientSeedSchema),
        queues: z.array(queueSeedSchema),
        users: z.array(userSeedSchema),
        flows: z.array(flowSeedSchema),
        integrations: z.array(integrationSchema),
      })
      .partial(),
    attributes: attributeSettingsSchema,
    architect: architectSettingsSchema,
    analytics: z.strictObject({ queryDelayMs: ms, jobDelayMs: ms, jobRunMs: ms }).partial(),
    retention: z.strictObject({ endedForMs: ms, endedAtMost: z.int().min(0) }).partial(),
    deliveries: z.array(deliverySchema),
    limits: limitSettingsSchema,
    heartbeatMs: z.number().min(1),
    requestLogSize: z.int().min(1),
    clock: z.unknown(),
    log: z.unknown(),
    onExchange: z.unknown(),
  })
  .partial();

/** @throws {RapportError} `ERR_EMULATOR_OPTIONS` that lists every problem with its path */
export function checkOptions(options: EmulatorOptions): void {
  const result = optionsSchema.safeParse(options);
  if (result.success) return;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`,
  );
  throw new RapportError({
    code: 'ERR_EMULATOR_OPTIONS',
    message: `the emulator cannot start with these options: ${problems.join('; ')}`,
    nextStep: 'Correct them; every option is described at EmulatorOptions.',
    details: { problems },
  });
}
