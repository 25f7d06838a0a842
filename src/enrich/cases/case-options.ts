import { z } from 'zod';
import { parseGivenFlow, type FlowSchema } from '../flow/flow-schema.ts';
import { KEY_STATUSES, type KeyStatus } from '../report/report.ts';

/** A case written beside the mapping: who calls, what the sources say, what the attributes should be. */
export interface CaseOptions {
  readonly name: string;
  readonly given: CaseGiven;
  /** The expected text by key; null means that the key is not written. */
  readonly expect: Readonly<Record<string, string | number | boolean | null>>;
  /** The expected verdict by key. */
  readonly status: Readonly<Record<string, KeyStatus>>;
  /** The flow that the attributes are checked against in this case. */
  readonly flow?: FlowSchema | undefined;
  readonly exact: boolean;
}

/** What is known in a case. Every other member is what the source of that name answers. */
export interface CaseGiven {
  readonly externalId?: string | undefined;
  readonly phone?: string | undefined;
  readonly email?: string | undefined;
  /** What the participant holds already. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly [source: string]: unknown;
}

const givenFlowSchema = z.record(z.string(), z.json()).transform((body, context) => {
  const schema = parseGivenFlow(body);
  if (schema !== undefined) return schema;
  context.addIssue({
    code: 'custom',
    message: 'expected declared inputs: properties, inputSchema or inputDefinitions',
  });
  return z.NEVER;
});

const caseOptions: z.ZodType<CaseOptions> = z.strictObject({
  name: z.string().min(1).describe('What the case shows, as a sentence.'),
  given: z
    .looseObject({
      externalId: z.string().optional().describe('The external id that comes with the request.'),
      phone: z.string().optional().describe('The caller’s number.'),
      email: z.string().optional().describe('The customer’s e-mail address.'),
      attributes: z
        .record(z.string(), z.string())
        .optional()
        .describe('What the participant holds already.'),
    })
    .describe(
      'The caller (`externalId`, `phone`, `email`, `attributes` already there), and by source name what the source answers: a value, `not-found` or `failed`. A source that is not named does not know the customer.',
    ),
  expect: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .describe('The attributes that must come out; `null` means that the key must not be written.'),
  status: z
    .record(z.string(), z.enum(KEY_STATUSES))
    .default({})
    .describe(
      'The verdicts that must come out, by key, as `rapport inspect` shows them: `OK`, `MISMATCH`, `MISSING`, `EXTRA` or `DROPPED`.',
    ),
  flow: givenFlowSchema
    .optional()
    .describe(
      'The flow’s declared inputs, so that mismatches are tested offline: a JSON schema with `properties`, or the flow as the platform gives it. What a mismatch leads to is told by `flow.onMismatch` and `flow.onUndeclared`.',
    ),
  exact: z
    .boolean()
    .default(false)
    .describe('Whether keys that are not named must not be written either.'),
});

export const casesOptions: z.ZodType<readonly CaseOptions[]> = z.array(caseOptions);
