import { describe, expect, it } from 'vitest';
import { parseParticipantId } from '../domain/ids.ts';
import { CUSTOMER } from './turn/fake-platform.fixture.ts';
import { Rig } from './turn/rig.fixture.ts';
import { conversionFor, typeOfText } from './value-type.ts';
import { verify, type Verification } from './verify.ts';

function verifyRig(rig: Rig, keys?: readonly string[]): Verification {
  return verify({
    conversation: rig.platform.conversation(),
    customerId: CUSTOMER,
    entries: rig.entries,
    digest: rig.digest,
    keys,
  });
}

describe('verify', () => {
  it('tells ours from the platform’s and from others’, with type and conversion', async () => {
    const rig = new Rig();
    rig.listen();
    rig.platform.set(CUSTOMER, 'ivr.language', 'en');
    rig.platform.set(CUSTOMER, 'orderId', '4711');
    await rig.enrich({ 'crm.open': '3' });
    await rig.live(1000);
    const found = verifyRig(rig);
    expect(found.keys.map((one) => [one.key, one.origin, one.type])).toEqual([
      ['crm.open', 'ours', 'integer'],
      ['ivr.language', 'platform', 'text'],
      ['orderId', 'others', 'integer'],
    ]);
    expect(found.keys[0]?.architect).toEqual({
      path: 'found',
      text: '3',
      conversion: 'ToInt(Flow.crm_open)',
    });
    expect(found.isGood).toBe(true);
  });

  it('calls overwritten what was overwritten, and is not good then', async () => {
    const rig = new Rig();
    rig.listen();
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(1000);
    rig.platform.set(CUSTOMER, 'crm.tier', 'theirs');
    const found = verifyRig(rig);
    expect(found.keys[0]).toMatchObject({ finding: 'overwritten', value: 'theirs' });
    expect(found.keys[0]?.advice).toMatch(/Somebody else wrote/);
    expect(found.isGood).toBe(false);
  });

  it('calls late what showed after its deadline, and ignored what never did', async () => {
    const rig = new Rig();
    rig.covered = false;
    rig.platform.lagMs = 20_000;
    await rig.enrich({ 'crm.tier': 'gold' });
    rig.platform.fates.push('dropped');
    await rig.enrich({ 'crm.id': 'C1' });
    await rig.live(120_000);
    const findings = verifyRig(rig).keys.map((one) => [one.key, one.finding]);
    expect(findings).toEqual([
      ['crm.id', 'ignored'],
      ['crm.tier', 'late'],
    ]);
  });

  it('calls pending what was just accepted', async () => {
    const rig = new Rig();
    await rig.enrich({ 'crm.tier': 'gold' });
    expect(verifyRig(rig).keys[0]?.finding).toBe('pending');
  });

  it('finds a key on a participant that Architect does not read', () => {
    const rig = new Rig();
    const agent = parseParticipantId('agent-1');
    rig.platform.join(agent, 'agent');
    rig.platform.set(agent, 'crm.tier', 'gold');
    const [key] = verifyRig(rig, ['crm.tier']).keys;
    expect(key).toMatchObject({ finding: 'wrong-participant', standsOn: agent });
    expect(key?.architect.path).toBe('not-found');
    expect(key?.advice).toMatch(/agent-1 \(agent\)/);
  });

  it('finds a key outside any participant', () => {
    const rig = new Rig();
    const found = verify({
      conversation: rig.platform.conversation(),
      customerId: CUSTOMER,
      entries: [],
      digest: rig.digest,
      outside: new Map([['source', 'web']]),
    });
    expect(found.keys[0]).toMatchObject({ key: 'source', finding: 'outside' });
  });

  it('names a key of another case, and says missing of one that nobody wrote', () => {
    const rig = new Rig();
    rig.platform.set(CUSTOMER, 'CRM.Tier', 'gold');
    const [key, other] = verifyRig(rig, ['crm.tier', 'nothing']).keys;
    expect(key).toMatchObject({ finding: 'missing' });
    expect(key?.advice).toMatch(/"CRM\.Tier"/);
    expect(other?.finding).toBe('missing');
  });

  it('says that there is no customer, and that the conversation has ended', () => {
    const rig = new Rig();
    rig.platform.ended = true;
    const found = verify({
      conversation: rig.platform.conversation(),
      customerId: undefined,
      entries: [],
      digest: rig.digest,
      keys: ['crm.tier'],
    });
    expect(found.keys[0]?.finding).toBe('no-customer');
    expect(found.advice.length).toBe(2);
    expect([found.ended, found.isGood]).toEqual([true, false]);
  });
});

describe('typeOfText', () => {
  it('reads the type off the text', () => {
    const types = {
      '': 'empty',
      true: 'boolean',
      '12': 'integer',
      '-3': 'integer',
      '1.5': 'decimal',
      '0815': 'text',
      '12345678901234567890': 'text',
      '2026-01-05': 'date',
      '2026-01-05T09:00:00Z': 'date-time',
      '2026-13-05': 'text',
      '{"a":1}': 'json',
      '{a}': 'text',
      gold: 'text',
    } as const;
    for (const [text, type] of Object.entries(types))
      expect([text, typeOfText(text)]).toEqual([text, type]);
  });
});

describe('conversionFor', () => {
  it('names Architect’s function, and none for a text', () => {
    expect(conversionFor('date-time', 'Flow.x')).toBe('ToDateTime(Flow.x)');
    expect(conversionFor('json', 'Flow.x')).toBe('JsonParse(Flow.x)');
    expect(conversionFor('text', 'Flow.x')).toBeUndefined();
  });
});
