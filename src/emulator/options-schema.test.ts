import { describe, expect, it } from 'vitest';
import { checkOptions } from './options-schema.ts';
import type { EmulatorOptions } from './options.ts';

describe('checkOptions', () => {
  it('takes what the options describe', () => {
    const options: EmulatorOptions = {
      port: 0,
      attributes: { lagMs: [10, 20], mode: 'replace' },
      organization: { queues: [{ name: 'Support', division: 'Home' }] },
      limits: { tokenPerWindow: 10 },
    };
    expect(() => checkOptions(options)).not.toThrow();
  });

  it('names every problem with its path', () => {
    const wrong = { port: 70_000, attributes: { lagMs: -1 }, heartbeat: 5 };
    expect(() => checkOptions(wrong)).toThrow(/port: .*attributes\.lagMs: .*heartbeat/s);
  });
});
