import { z } from 'zod';
import { WRITE_PROFILE_NAMES, type WriteProfileName } from './profiles/profile.ts';
import {
  DEFAULT_PROOF_SETTINGS,
  type OverwritePolicy,
  type ProofSettings,
} from './proof/settings.ts';

/** How attributes are written, proved and guarded; as a user writes it. */
export interface WriteOptions {
  readonly profile?: WriteProfileName | undefined;
  readonly proveMs?: number | undefined;
  readonly lateMs?: number | undefined;
  readonly settleMs?: number | undefined;
  readonly waitMs?: number | undefined;
  readonly maxRewrites?: number | undefined;
  readonly gapsMs?: readonly number[] | undefined;
  readonly onOverwrite?:
    | {
        readonly byFlow?: OverwritePolicy | undefined;
        readonly byOthers?: OverwritePolicy | undefined;
      }
    | undefined;
  readonly onRemove?: RemovalStyle | undefined;
  readonly wipe?: boolean | undefined;
}

/** How a key is removed: by an empty text, by `null`, or not at all. */
export type RemovalStyle = 'blank' | 'null' | 'leave';

/** The same with defaults. */
export interface WriteConfig extends ProofSettings {
  readonly profile: WriteProfileName;
  /** How long a turn itself waits for proof before it leaves that to later ones. */
  readonly waitMs: number;
  readonly onRemove: RemovalStyle;
  readonly wipe: boolean;
}

const MINUTE_MS = 60_000;
const durationMs = (least: number, most: number): z.ZodInt => z.int().min(least).max(most);
const policy = z.enum(['ours', 'theirs', 'alert']);
const { proveMs, lateMs, settleMs, maxRewrites, gapsMs, onOverwrite } = DEFAULT_PROOF_SETTINGS;

const overwriteSchema = z
  .strictObject({
    byFlow: policy
      .default(onOverwrite.byFlow)
      .describe('When a flow put another value there: ours, theirs or alert. Default ours.'),
    byOthers: policy
      .default(onOverwrite.byOthers)
      .describe('When anybody else did: ours, theirs or alert. Default alert.'),
  })
  .prefault({});

const fields = z.strictObject({
  profile: z
    .enum(WRITE_PROFILE_NAMES)
    .default('attributes')
    .describe(
      'How attributes are written. Default attributes, which is the platform’s contract: changed keys only. The others use paths that the platform does not have, and are for gateways and emulators that do: voice-merge, participant-patch, participant-merge, conversation.',
    ),
  proveMs: durationMs(500, MINUTE_MS)
    .default(proveMs)
    .describe(
      'How long an accepted write may take to show before it is judged, in milliseconds. 500 to 60000, default 5000.',
    ),
  lateMs: durationMs(1000, 60 * MINUTE_MS)
    .default(lateMs)
    .describe(
      'How long after its acknowledgement a judged write is still watched, in milliseconds; at least proveMs. 1000 to 3600000, default 60000.',
    ),
  settleMs: durationMs(100, MINUTE_MS)
    .default(settleMs)
    .describe(
      'How long the platform may take to show a write whose answer was lost, or a flow’s last values, in milliseconds. 100 to 60000, default 2000.',
    ),
  waitMs: durationMs(0, MINUTE_MS)
    .default(0)
    .describe(
      'How long a turn waits for proof itself before it leaves that to later turns, in milliseconds. 0 to 60000, default 0.',
    ),
  maxRewrites: z
    .int()
    .min(0)
    .max(10)
    .default(maxRewrites)
    .describe(
      'How often an overwritten key is written again in one conversation. 0 to 10, default 2.',
    ),
  gapsMs: z
    .array(durationMs(0, 10 * MINUTE_MS))
    .min(1)
    .max(10)
    .default([...gapsMs])
    .describe(
      'Pauses before the first, second, … rewrite, in milliseconds; the last one holds for the rest. Default [1000, 4000].',
    ),
  onOverwrite: overwriteSchema.describe('What to do when another value stands where ours was.'),
  onRemove: z
    .enum(['blank', 'null', 'leave'])
    .default('blank')
    .describe(
      'How a key is removed: blank writes an empty text, null asks the platform to drop the key (profile participant-patch only), leave does nothing. Default blank.',
    ),
  wipe: z
    .boolean()
    .default(true)
    .describe(
      'Whether keys marked wipeAtEnd are emptied when the customer leaves. true or false, default true.',
    ),
});

export const writeOptionsSchema: z.ZodType<WriteConfig, WriteOptions> = fields
  .refine((config) => config.onRemove !== 'null' || config.profile === 'participant-patch', {
    path: ['onRemove'],
    message: 'expected blank or leave; null needs the profile participant-patch',
  })
  .refine((config) => config.lateMs >= config.proveMs, {
    path: ['lateMs'],
    message: 'expected at least proveMs',
  });

/** The configuration that an empty section gives. */
export function defaultWriteConfig(): WriteConfig {
  return writeOptionsSchema.parse({});
}
