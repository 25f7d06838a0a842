import { describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import { asking, tokenOf, withAgents, type Ask } from '../integration/agent.ts';
import { isVisible, startStage, type Stage } from '../integration/service-stage.ts';

interface Shown {
  readonly attributes: readonly { readonly key: string; readonly value: string | null }[];
  readonly withheld: readonly string[];
}

/** An agent's desktop: one stream, and a look at the context whenever a key has become visible. */
class Desktop {
  readonly #ask: Ask;
  readonly #path: string;
  readonly #url: string;

  constructor(ask: Ask, serviceUrl: string, conversationId: string) {
    this.#ask = ask;
    this.#path = `/v1/conversations/${conversationId}`;
    this.#url = serviceUrl;
  }

  /** Opened by a ticket, since a browser's EventSource can send no header. */
  async follow(): Promise<AsyncIterable<Uint8Array>> {
    const conversationId = this.#path.split('/').at(-1);
    const issued = await this.#ask('/v1/tickets', { conversationId });
    const { ticket } = (await issued.json()) as { ticket: string };
    const { body } = await fetch(`${this.#url}${this.#path}/events?ticket=${ticket}`);
    if (body === null) throw new Error('the stream has no body');
    return body;
  }

  async show(): Promise<Shown> {
    const answer = await this.#ask(`${this.#path}/attributes`);
    const { status, headers } = answer;
    if (status !== 200 || headers.get('cache-control') !== 'no-store') {
      throw new Error(`answered ${status}, ${headers.get('cache-control')}`);
    }
    return (await answer.json()) as Shown;
  }
}

/** Everything that was sent until so many keys had come to this state. */
async function until(stream: AsyncIterable<Uint8Array>, state: string, keys = 1): Promise<string> {
  const decoder = new TextDecoder();
  let heard = '';
  for await (const bytes of stream) {
    heard += decoder.decode(bytes, { stream: true });
    if (heard.split(`"state":"${state}"`).length > keys) break;
  }
  return heard;
}

const valueOf = ({ attributes }: Shown, key: string): string | null | undefined =>
  attributes.find((one) => one.key === key)?.value;

/** Whose tier an agent may see, and whose address nobody. */
const { phone, membership_tier: tier = '', email } = customer(1);

/** No event carries a secret, and a stranger's value is left to settle: proof is a read when this time is over. */
const SOON = { proveMs: 500, settleMs: 100 };

const withTier = (config: Record<string, unknown>): Record<string, unknown> => ({
  ...withAgents(config),
  attributes: { 'crm.tier': { from: 'crm.membership_tier', class: 'personal' } },
  write: SOON,
});

const withSecret = (config: Record<string, unknown>): Record<string, unknown> => ({
  ...withAgents(config),
  attributes: {
    'crm.tier': { from: 'crm.membership_tier', class: 'personal' },
    'crm.mail': { from: 'crm.email', class: 'secret' },
  },
  write: SOON,
});

/** A call that Ada has answered, and her desktop. */
async function answeredBy(
  stage: Stage,
): Promise<{ readonly id: string; readonly desktop: Desktop }> {
  const { control } = stage.emulator;
  const { conversationId: id } = control.start({ from: phone, queue: 'Sales' });
  control.move(id, { kind: 'answer', user: 'Ada Agent' });
  const ask = asking(stage, await tokenOf(stage.emulator, 'Ada Agent'));
  return { id, desktop: new Desktop(ask, stage.service.url, id) };
}

describe('an agent’s own desktop', () => {
  it('shows fresh context as it comes, with no polling, at no cost of the platform’s', async () => {
    await using stage = await startStage({ config: withSecret });
    const { control } = stage.emulator;
    const { desktop } = await answeredBy(stage);
    const heard = await until(await desktop.follow(), 'visible', 2);
    const before = control.requests().length;
    const shown = await desktop.show();
    expect(control.requests()).toHaveLength(before);
    expect(valueOf(shown, 'crm.tier')).toBe(tier);
    expect(shown.withheld).toEqual(['crm.mail']);
    expect(JSON.stringify(shown)).not.toContain(email);
    // The stream says what has become of which key; the values are asked for by who may see them.
    expect(heard).not.toMatch(new RegExp(`${tier}|${email}`));
  });

  it('shows what stands there once somebody else has written over it', async () => {
    await using stage = await startStage({ config: withTier });
    const { id, desktop } = await answeredBy(stage);
    const stream = await desktop.follow();
    await stage.until(isVisible(id));
    stage.emulator.control.writeAttributes(id, { 'crm.tier': 'mine' });
    await until(stream, 'overwritten');
    expect(valueOf(await desktop.show(), 'crm.tier')).toBe('mine');
  });

  it('shows nothing to who is not on the conversation', async () => {
    await using stage = await startStage({ config: withTier });
    const { conversationId } = stage.emulator.control.start({ from: phone, queue: 'Sales' });
    await stage.until(isVisible(conversationId));
    const ben = asking(stage, await tokenOf(stage.emulator, 'Ben Agent'));
    const answer = await ben(`/v1/conversations/${conversationId}/attributes`);
    expect(answer.status).toBe(403);
    expect(await answer.text()).not.toContain(tier);
  });
});
