import { describe, expect, it } from 'vitest';
import { seal, unseal } from './seal.ts';

describe('seal', () => {
  it('opens with the same secret for the same thing, and says nothing of what is in it', () => {
    const sealed = seal('a-token', 'the secret', 'client 1');
    expect(unseal(sealed, 'the secret', 'client 1')).toBe('a-token');
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('a-token');
    expect(seal('a-token', 'the secret', 'client 1')).not.toBe(sealed);
  });

  it.each([
    ['another secret', 'another', 'client 1'],
    ['another generation', 'the secret', 'client 2'],
  ])('stays closed to %s', (_what, secret, bound) => {
    expect(unseal(seal('a-token', 'the secret', 'client 1'), secret, bound)).toBeUndefined();
  });

  it('stays closed when a byte of it was changed, or it is none', () => {
    const bytes = Buffer.from(seal('a-token', 'the secret', 'client 1'), 'base64url');
    for (const at of [0, 13, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(unseal(changed.toString('base64url'), 'the secret', 'client 1')).toBeUndefined();
    }
    expect(unseal('short', 'the secret', 'client 1')).toBeUndefined();
  });
});
