import { describe, expect, it } from 'vitest';
import { defaultWriteConfig, writeOptionsSchema } from './options.ts';

describe('writeOptionsSchema', () => {
  it('fills in every default', () => {
    expect(defaultWriteConfig()).toEqual({
      profile: 'attributes',
      proveMs: 5000,
      lateMs: 60_000,
      settleMs: 2000,
      waitMs: 0,
      maxRewrites: 2,
      gapsMs: [1000, 4000],
      onOverwrite: { byFlow: 'ours', byOthers: 'alert' },
      onRemove: 'blank',
      wipe: true,
    });
  });

  it('takes null for removing with the one profile that may send it', () => {
    const bad = writeOptionsSchema.safeParse({ onRemove: 'null' });
    expect(bad.error?.issues[0]?.path).toEqual(['onRemove']);
    const good = writeOptionsSchema.safeParse({ onRemove: 'null', profile: 'participant-patch' });
    expect(good.success).toBe(true);
  });

  it('refuses a watch that ends before the judgement, unknown members and unknown words', () => {
    const wrong = [
      { proveMs: 30_000, lateMs: 5000 },
      { prooveMs: 1 },
      { profile: 'put' },
      { onOverwrite: { byFlow: 'mine' } },
      { gapsMs: [] },
    ];
    expect(wrong.map((options) => writeOptionsSchema.safeParse(options).success)).toEqual(
      wrong.map(() => false),
    );
  });
});
