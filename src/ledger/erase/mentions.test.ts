import { describe, expect, it } from 'vitest';
import { mentions } from './mentions.ts';

const phone = { kind: 'phone', value: '+15551230001' } as const;
const customer = { kind: 'customer', value: 'C-100' } as const;

describe('mentions', () => {
  it.each([
    [{ phone: '+1 (555) 123-0001' }, phone],
    [{ conversation: { participants: [{ ani: 'tel:+15551230001;ext=5' }] } }, phone],
    [{ address: 'sip:+15551230001@provider.example' }, phone],
    [{ phone: '555-123-0001' }, phone],
    [{ externalId: 'C-100' }, customer],
    [{ attributes: [['crm.id', 'C-100']] }, customer],
    [{ email: 'Anna@Example.com' }, { kind: 'customer', value: 'anna@example.com' } as const],
    [
      { address: 'mailto:anna@example.com' },
      { kind: 'customer', value: 'anna@example.com' } as const,
    ],
  ])('finds %j to be of %j', (body, person) => {
    expect(mentions(body, person)).toBe(true);
  });

  it.each([
    [{ externalId: 'C-1001' }, customer],
    [{ note: 'asked for C-100 today' }, customer],
    [{ phone: '+155512300019' }, phone],
    [{ phone: '123-0001' }, phone],
    [{ id: 'a15551230001b' }, phone],
    [{ seenAt: 15_551_230_001 }, phone],
  ])('does not take %j for %j', (body, person) => {
    expect(mentions(body, person)).toBe(false);
  });
});
