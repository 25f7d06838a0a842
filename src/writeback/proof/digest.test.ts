import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseParticipantId } from '../../domain/ids.ts';
import { createDigester } from './digest.ts';

describe('createDigester', () => {
  const digest = createDigester('an installation');
  const p = parseParticipantId('p');

  it('gives 22 characters of base64url, the same for the same value', () => {
    expect(digest(p, 'crm.tier', 'gold')).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(digest(p, 'crm.tier', 'gold')).toBe(digest(p, 'crm.tier', 'gold'));
  });

  it('differs under another installation, participant, key or value', () => {
    const digests = [
      digest(p, 'k', 'v'),
      createDigester('another installation')(p, 'k', 'v'),
      digest(parseParticipantId('q'), 'k', 'v'),
      digest(p, 'l', 'v'),
      digest(p, 'k', 'w'),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('never reads the end of a key as the start of a value', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string({ minLength: 1 }), (key, value, moved) => {
        expect(digest(p, key + moved, value)).not.toBe(digest(p, key, moved + value));
      }),
    );
  });
});
