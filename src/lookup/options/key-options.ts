import { z } from 'zod';

const KEY_SOURCE =
  /^(externalId|externalContact|phone|email|messageAddress|conversationId|attribute:\S(.*\S)?|expression:[\s\S]*\S[\s\S]*)$/;

/** Where a key comes from, by preference: places in the conversation and in the request. */
export const keyPreferenceSchema: z.ZodType<readonly string[]> = z
  .array(
    z
      .string()
      .regex(
        KEY_SOURCE,
        'expected externalId, attribute:<key>, externalContact, phone, email, messageAddress, conversationId or expression:<JSONata>',
      ),
  )
  .min(1)
  .readonly();
