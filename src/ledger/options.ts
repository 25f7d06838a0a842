import { z } from 'zod';

/** How long each kind of row is kept. */
export interface RetentionOptions {
  readonly requestDays: number;
  readonly feedHours: number;
  readonly sentDays: number;
  readonly deadDays: number;
  readonly closedDays: number;
  readonly auditDays: number;
}

const days = (value: number, what: string): z.ZodDefault<z.ZodNumber> =>
  z
    .number()
    .positive()
    .max(3650)
    .default(value)
    .describe(`${what} Days, above 0, at most 3650. Default ${value}.`);

/** Setting `retention`. */
export const retentionOptions: z.ZodType<RetentionOptions> = z
  .strictObject({
    requestDays: days(30, 'Answered requests and what became of them.'),
    feedHours: z
      .number()
      .positive()
      .max(168)
      .default(1)
      .describe(
        'Events that a desktop may resume from; they tell keys and states, no values. Hours, above 0, at most 168. Default 1.',
      ),
    sentDays: days(7, 'Webhook messages that were delivered.'),
    deadDays: days(90, 'Webhook messages and conversations that were set aside.'),
    closedDays: days(30, 'Conversations that are over, or that nothing was heard of.'),
    auditDays: days(365, 'The audit; what is older leaves the chain at its old end.'),
  })
  .prefault({});

/** Setting `store`. */
export const storeOption: z.ZodType<string> = z
  .string()
  .regex(
    /^(sqlite:.+|postgres(ql)?:\/\/.+)$/,
    'expected sqlite:<path> for one instance, or postgres://… for several',
  )
  .default('sqlite:./rapport.db')
  .describe(
    'Where the ledger is kept: `sqlite:<path>` on a local disk for one instance, `postgres://…` for several. Default `sqlite:./rapport.db`.',
  );

/** Setting `maxWaiting`. */
export const maxWaitingOption: z.ZodType<number> = z
  .number()
  .int()
  .positive()
  .default(100_000)
  .describe(
    'Conversations that may wait for a turn before new requests are answered 503. Whole number, at least 1. Default 100000.',
  );
