import { z } from 'zod';
import { DEFAULT_ARCHITECT, type ArchitectSettings, type FlowStep } from '../architect/step.ts';
import type { AttributeChange } from '../conversations/attributes.ts';
import type { EndedBy } from '../conversations/end.ts';
import { parseMediaRequest } from '../conversations/media-request.ts';
import type { Move } from '../conversations/move.ts';
import type { InboundStart } from '../conversations/start.ts';
import type { FaultRuleInput, OutboundStart } from './control.ts';
import type { DeliverySettings } from '../deliveries/settings.ts';
import { limitSettingsSchema, type LimitChange } from '../limits/settings.ts';
import type { ClientSeed, FlowSeed, QueueSeed, UserSeed } from '../world/seed.ts';

const text = z.string();
const texts = z.record(z.string(), z.string());

export const inboundStartSchema: z.ZodType<InboundStart> = z
  .strictObject({
    media: z.enum(['calls', 'messages', 'callbacks', 'emails']),
    queue: text,
    flow: text,
    from: text,
    to: text,
    name: text,
    attributes: texts,
    externalContactId: text,
    messageType: text,
    subject: text,
    callbackNumbers: z.array(text),
    callbackScheduledAt: z.number(),
  })
  .partial();

const target = { queue: text.optional(), user: text.optional(), address: text.optional() };

export const moveSchema: z.ZodType<Move> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('enqueue'), queue: text }),
  z.strictObject({ kind: z.literal('alert'), user: text }),
  z.strictObject({ kind: z.literal('answer'), user: text.optional() }),
  z.strictObject({ kind: z.literal('decline') }),
  z.strictObject({ kind: z.literal('blind-transfer'), ...target }),
  z.strictObject({ kind: z.literal('consult'), ...target }),
  z.strictObject({ kind: z.literal('complete-consult') }),
  z.strictObject({ kind: z.literal('cancel-consult') }),
  z.strictObject({ kind: z.literal('conference') }),
  z.strictObject({ kind: z.literal('connect') }),
  z.strictObject({ kind: z.literal('place-callback') }),
  z.strictObject({
    kind: z.literal('message'),
    text: text.optional(),
    by: z.enum(['customer', 'agent']).optional(),
  }),
  z.strictObject({
    kind: z.literal('update'),
    participantId: text,
    request: z.unknown().transform(parseMediaRequest),
  }),
  z.strictObject({ kind: z.literal('leave'), participantId: text }),
]);

export const attributeSettingsSchema: z.ZodType<AttributeChange> = z
  .strictObject({
    lagMs: z.union([z.number().min(0), z.tuple([z.number().min(0), z.number().min(0)]).readonly()]),
    order: z.enum(['arrival', 'any']),
    mode: z.enum(['merge', 'replace']),
    values: z.enum(['lenient', 'strict']),
    afterEnd: z.enum(['applied', 'ignored']),
  })
  .partial();

export const clientSeedSchema: z.ZodType<ClientSeed> = z.strictObject({
  id: text.min(1),
  secret: text.min(1),
  publicKey: text.min(1).optional(),
  name: text.optional(),
  grant: z.enum(['client_credentials', 'authorization_code']).optional(),
  permissions: z.array(text).optional(),
  scopes: z.array(text).optional(),
  divisions: z.array(text).optional(),
  redirectUris: z.array(text).optional(),
  tokenLifetimeSeconds: z.number().min(300).max(172_800).optional(),
  enabled: z.boolean().optional(),
});

export const queueSeedSchema: z.ZodType<QueueSeed> = z.strictObject({
  name: text.min(1),
  id: text.optional(),
  division: text.optional(),
});

export const userSeedSchema: z.ZodType<UserSeed> = z.strictObject({
  name: text.min(1),
  id: text.optional(),
  email: text.optional(),
  password: text.min(1).optional(),
  permissions: z.array(text).optional(),
  division: text.optional(),
});

const flowSchemaSchema = z.object({
  title: text.optional(),
  type: z.literal('object'),
  required: z.array(text).optional(),
  properties: z.record(text, z.record(text, z.unknown())),
  additionalProperties: z.record(text, z.unknown()).optional(),
});

const stepSchema: z.ZodType<FlowStep> = z.union([
  z.strictObject({ get: text }),
  z.strictObject({ set: texts }),
  z.strictObject({ waitMs: z.number().min(0) }),
  z.strictObject({
    callDataAction: z.strictObject({
      url: z.url(),
      input: texts.optional(),
      headers: texts.optional(),
      timeoutMs: z.number().min(1000).max(60_000).optional(),
    }),
  }),
  z.strictObject({ transferTo: text }),
  z.strictObject({ disconnect: z.literal(true) }),
]);

export const flowSeedSchema: z.ZodType<FlowSeed> = z.strictObject({
  name: text.min(1),
  id: text.optional(),
  type: text.optional(),
  description: text.optional(),
  division: text.optional(),
  inputSchema: flowSchemaSchema.optional(),
  outputSchema: flowSchemaSchema.optional(),
  configuration: z.unknown(),
  deleted: z.boolean().optional(),
  steps: z.array(stepSchema).optional(),
});

/** Only the outline: the fault rules have a parser of their own. */
export const faultSchema: z.ZodType<FaultRuleInput> = z.custom<FaultRuleInput>(
  (value) => typeof value === 'object' && value !== null && 'kind' in value,
  'expected a fault rule with a kind',
);

export const deliverySchema: z.ZodType<DeliverySettings> = z.strictObject({
  url: z.url(),
  shape: z.enum(['eventbridge', 'data-action']),
  topics: z.array(text).optional(),
  headers: texts.optional(),
  delayMs: z
    .union([z.number().min(0), z.tuple([z.number().min(0), z.number().min(0)]).readonly()])
    .optional(),
  duplicates: z.number().min(0).max(1).optional(),
  retryForMs: z.number().min(0).optional(),
});

export const architectSettingsSchema: z.ZodType<Partial<ArchitectSettings>> = z.strictObject({
  voiceReads: z.enum(['own-keys', 'all-keys']).default(DEFAULT_ARCHITECT.voiceReads),
  voiceWrites: z.enum(['end', 'at-once']).default(DEFAULT_ARCHITECT.voiceWrites),
});

export const settingsSchema: z.ZodType<{
  readonly attributes?: AttributeChange | undefined;
  readonly architect?: Partial<ArchitectSettings> | undefined;
  readonly limits?: LimitChange | undefined;
}> = z.strictObject({
  architect: architectSettingsSchema.optional(),
  attributes: attributeSettingsSchema.optional(),
  limits: limitSettingsSchema.optional(),
});

export const endSchema: z.ZodType<{ readonly by?: EndedBy | undefined }> = z.strictObject({
  by: z.enum(['customer', 'agent', 'system']).optional(),
});

export const writeSchema: z.ZodType<{
  readonly attributes: Readonly<Record<string, string>>;
  readonly participantId?: string | undefined;
}> = z.strictObject({ attributes: texts, participantId: text.optional() });

export const revokeSchema: z.ZodType<{ readonly clientId?: string | undefined }> = z.strictObject({
  clientId: text.optional(),
});

export const dropSchema: z.ZodType<{ readonly channelId?: string | undefined }> = z.strictObject({
  channelId: text.optional(),
});

export const closeSchema: z.ZodType<{
  readonly channelId?: string | undefined;
  readonly delayMs?: number | undefined;
}> = z.strictObject({ channelId: text.optional(), delayMs: z.number().min(0).optional() });

export const advanceSchema: z.ZodType<{ readonly ms: number }> = z.strictObject({
  ms: z.number().min(0),
});

export const outboundSchema: z.ZodType<OutboundStart> = z.strictObject({
  user: text,
  to: text,
  queue: text.optional(),
  name: text.optional(),
  attributes: texts.optional(),
});

export const internalSchema: z.ZodType<{ readonly from: string; readonly to: string }> =
  z.strictObject({ from: text, to: text });
