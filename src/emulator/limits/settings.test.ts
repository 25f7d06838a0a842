import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMIT_SETTINGS, limitSettingsSchema, withChange } from './settings.ts';

describe('limitSettingsSchema', () => {
  it('takes a part of the settings', () => {
    const change = { tokenPerWindow: 10, opens: 'aligned', strangersPerMinute: 0.5 };
    expect(limitSettingsSchema.parse(change)).toEqual(change);
  });

  it.for([
    [{ tokenPerMinute: 10 }, 'tokenPerMinute'],
    [{ tokenPerWindow: 0 }, 'tokenPerWindow'],
    [{ tokenPerWindow: '300' }, 'tokenPerWindow'],
    [{ reset: 'round' }, 'reset'],
    [{ endpoints: [{ operation: 'conversations', perWindow: 1 }] }, 'operation'],
    [[], 'object'],
  ] as const)('refuses %j and says where', ([input, where]) => {
    const result = limitSettingsSchema.safeParse(input);
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.error?.issues)).toContain(where);
  });
});

describe('withChange', () => {
  it('keeps what a change leaves undefined', () => {
    expect(withChange(DEFAULT_LIMIT_SETTINGS, { tokenPerWindow: undefined, reset: 'up' })).toEqual({
      ...DEFAULT_LIMIT_SETTINGS,
      reset: 'up',
    });
  });
});
