import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, vi } from 'vitest';
import { enrichWith, openLibrary, statesOf } from './library.ts';
import { POLL } from './serve.ts';
import {
  bodiesOf,
  CRM_TOKEN,
  CUSTOMER,
  PROFILES,
  startStage,
  writeConfig,
  type Env,
  type Stage,
} from './stage.ts';

/** The flow declares the last interaction as a date with time, which has one form. */
const EXPECTED = {
  ...CUSTOMER.attributes,
  'crm.lastInteraction': '2023-10-01T12:00:00.000Z',
} as const;

interface Run {
  readonly ids: readonly string[];
  /** The variables of document 002. */
  readonly env: Env;
}

function startRun(stage: Stage, count: number): Run {
  const { control } = stage.emulator;
  const ids = Array.from(
    { length: count },
    () => control.start({ queue: 'Support', from: CUSTOMER.phone }).conversationId,
  );
  const flow = control.world().flows.find(({ name }) => name === 'Inbound support');
  const env = {
    ...stage.signIn,
    GENESYS_FLOW_ID: flow?.id ?? '',
    CONVERSATION_IDS: ids.join(', '),
    CRM_API_ENDPOINT: `${stage.crm.url}/lookup`,
    CRM_API_TOKEN: CRM_TOKEN,
    ANALYTICS_WEBHOOK_URL: `${stage.analytics.url}/hook`,
    RAPPORT_STORE: `sqlite:${join(stage.cwd, 'rapport.db')}`,
  };
  return { ids, env };
}

interface Summary {
  readonly summary: Readonly<Record<string, unknown>>;
  readonly conversations: readonly Readonly<Record<string, unknown>>[];
}

const idsOf = (out: string): readonly unknown[] =>
  parseSummary(out).conversations.map(({ conversationId }) => conversationId);

const parseSummary = (out: string): Summary => JSON.parse(out) as Summary;

describe.concurrent.each(PROFILES)('document 002 on the %s emulator', (profile) => {
  it('its variables alone enrich every conversation, tell analytics, and leave an audit stage for each', async () => {
    await using stage = await startStage(profile);
    const { ids, env } = startRun(stage, 3);
    const { status, out, err } = await stage.rapport(['enrich', '--json'], env);
    expect([status, err]).toEqual([0, '']);
    const { summary, conversations } = parseSummary(out);
    expect(summary).toMatchObject({
      conversations: 3,
      succeeded: 3,
      failed: 0,
      successRate: 100,
      latencyMs: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
      failures: {},
    });
    for (const id of ids) {
      expect(stage.emulator.control.attributes(id)).toEqual(EXPECTED);
    }
    const traces = new Set(conversations.map(({ traceId }) => traceId));
    expect(traces.size).toBe(3);
    expectWebhooks(stage, ids, traces);
    await expectAudit(stage, { ids, env }, traces);
  });

  it('asks the CRM by conversation, as its endpoint takes it', async () => {
    await using stage = await startStage(profile);
    const { ids, env } = startRun(stage, 2);
    expect((await stage.rapport(['enrich'], env)).status).toBe(0);
    expect(stage.crm.received.map(({ url }) => url).toSorted()).toEqual(
      ids.map((id) => `/lookup?conversationId=${id}`).toSorted(),
    );
  });

  it('takes the flow’s declared inputs: inspect shows OK, MISMATCH, missing and extra, and writes nothing', async () => {
    const record = { ...CUSTOMER.record, last_call_date: 'last Tuesday' };
    await using stage = await startStage(profile, { record });
    const flowId = stage.emulator.control.addFlow({
      name: 'Strict',
      inputSchema: {
        type: 'object',
        required: ['crm.segment'],
        properties: {
          'crm.segment': { type: 'string' },
          'crm.customerId': { type: 'string' },
          'crm.lastInteraction': { type: 'string', format: 'date-time' },
        },
      },
    });
    const { env } = startRun(stage, 1);
    const { out, err } = await stage.rapport(['inspect'], { ...env, GENESYS_FLOW_ID: flowId });
    expect(err).toBe('');
    expect(out).toMatch(/crm\.customerId .*OK/);
    expect(out).toMatch(/crm\.lastInteraction .*MISMATCH/);
    expect(out).toMatch(/crm\.segment.*missing|missing.*crm\.segment/i);
    expect(out).toMatch(/crm\.tier.*extra|extra.*crm\.tier/i);
    expect(bodiesOf(stage, 'PATCH')).toEqual([]);
  });

  it('leaves out what does not fit the flow, and writes the rest', async () => {
    const record = { ...CUSTOMER.record, last_call_date: 'last Tuesday' };
    await using stage = await startStage(profile, { record });
    const { ids, env } = startRun(stage, 1);
    await stage.rapport(['enrich'], env);
    const { 'crm.lastInteraction': _, ...rest } = EXPECTED;
    expect(stage.emulator.control.attributes(ids[0] ?? '')).toEqual(rest);
  });

  it('goes on when one conversation has ended, and says which', async () => {
    await using stage = await startStage(profile);
    const { ids, env } = startRun(stage, 2);
    const [first = '', second = ''] = ids;
    stage.emulator.control.end(first);
    const { out } = await stage.rapport(['enrich', '--json'], env);
    const { conversations } = parseSummary(out);
    const resultOf = (id: string): unknown =>
      conversations.find(({ conversationId }) => conversationId === id)?.['result'];
    expect([resultOf(first), resultOf(second)]).toEqual(['skipped', 'enriched']);
    expect(stage.emulator.control.attributes(second)).toEqual(EXPECTED);
    expect(stage.emulator.control.attributes(first)).toEqual({});
  });

  it('reports as CSV, and does not take again what the named run has taken', async () => {
    await using stage = await startStage(profile);
    const { ids, env } = startRun(stage, 2);
    const report = join(stage.cwd, 'report.csv');
    const args = ['enrich', '--run', 'monday', '--report', report];
    expect((await stage.rapport(args, env)).status).toBe(0);
    const lines = (await readFile(report, 'utf8')).trim().split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(new RegExp(`^${ids[0] ?? ''},[0-9a-f-]{36},true,enriched`));
    stage.emulator.control.clearRequests();
    expect((await stage.rapport(args, env)).out).toContain('an earlier start of this run');
    expect(bodiesOf(stage, 'PATCH')).toEqual([]);
  });

  it('runs through the library', async () => {
    await using stage = await startStage(profile);
    const { ids, env } = startRun(stage, 1);
    await using library = openLibrary(stage, env);
    const written = await enrichWith(library);
    expect(new Set(Object.values(statesOf(written)))).toEqual(new Set(['visible']));
    expect(stage.emulator.control.attributes(ids[0] ?? '')).toEqual(EXPECTED);
  });
});

function expectWebhooks(
  { analytics }: Stage,
  ids: readonly string[],
  traces: ReadonlySet<unknown>,
): void {
  const told = analytics.received.map(
    ({ body }) => (body as { conversationId: string }).conversationId,
  );
  expect(told.toSorted()).toEqual(ids.toSorted());
  for (const { headers, body } of analytics.received) {
    expect(body).toMatchObject({
      eventType: 'conversation.attributes.enriched',
      attributes: { 'crm.tier': 'platinum' },
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    const { traceId } = body as { traceId: string };
    expect(headers['x-trace-id']).toBe(traceId);
    expect(traces).toContain(traceId);
  }
}

async function expectAudit(
  stage: Stage,
  { ids, env }: Run,
  traces: ReadonlySet<unknown>,
): Promise<void> {
  const { status, out } = await stage.rapport(['audit', 'list', '--json'], env);
  expect(status).toBe(0);
  const rows = JSON.parse(out) as Readonly<Record<string, unknown>>[];
  for (const id of ids) {
    expect(rows).toContainEqual(
      expect.objectContaining({
        conversationId: id,
        action: 'enriched',
        at: expect.any(Number),
        traceId: expect.toSatisfy((traceId) => traces.has(traceId)),
        enrichment: {
          success: true,
          latencyMs: expect.any(Number),
          payloadHash: expect.stringMatching(/^[\da-f]{64}$/),
        },
      }),
    );
  }
  expect(out).not.toContain('platinum');
}

describe.concurrent('document 002 with its own path', () => {
  it('the conversation profile patches the conversation, and its customer holds the keys', async () => {
    await using stage = await startStage('tutorials');
    const { ids, env } = startRun(stage, 1);
    const ours = { ...env, RAPPORT_WRITE_PROFILE: 'conversation' };
    expect((await stage.rapport(['enrich'], ours)).status).toBe(0);
    const [patch] = stage.emulator.control.requests().filter(({ method }) => method === 'PATCH');
    expect(patch).toMatchObject({
      path: `/api/v2/conversations/${ids[0] ?? ''}`,
      requestBody: { attributes: EXPECTED },
      status: 200,
    });
    expect(stage.emulator.control.attributes(ids[0] ?? '')).toEqual(EXPECTED);
  });
});

describe.concurrent('document 002: many conversations in one run', () => {
  it('takes up a run that was cut short: what is done is not done again, what is not is finished', async () => {
    await using stage = await startStage('platform');
    const { ids, env } = startRun(stage, 3);
    const [stuck = '', ...others] = ids;
    const operation = 'PATCH /api/v2/conversations/**';
    const down = { kind: 'status', status: 503, operation, commits: false } as const;
    const { id } = stage.emulator.control.addFault({ ...down, conversationId: stuck });
    const args = ['enrich', '--run', 'monday', '--json'];
    const stop = new AbortController();
    const running = stage.rapport(args, env, { signal: stop.signal });
    await vi.waitFor(() => {
      for (const other of others) {
        expect(stage.emulator.control.attributes(other)).toEqual(EXPECTED);
      }
    }, POLL);
    stop.abort();
    const cut = await running;
    expect(cut.status).toBe(1);
    expect(parseSummary(cut.out).summary).toMatchObject({
      failures: { [stuck]: expect.stringContaining('goes on with it') },
    });
    stage.emulator.control.removeFault(id);
    stage.emulator.control.clearRequests();
    const { status, out } = await stage.rapport(args, env);
    expect(parseSummary(out).summary).toMatchObject({ succeeded: 3, failed: 0, successRate: 100 });
    expect(status).toBe(0);
    const patched = stage.emulator.control.requests().filter(({ method }) => method === 'PATCH');
    expect(patched.map(({ path }) => path)).toEqual([expect.stringContaining(stuck)]);
    expect(stage.emulator.control.attributes(stuck)).toEqual(EXPECTED);
  });

  it('takes ids from a file and from standard input, each once, and refuses a report of another form first', async () => {
    await using stage = await startStage('platform');
    const { ids, env } = startRun(stage, 3);
    const { CONVERSATION_IDS: _, ...unnamed } = env;
    const [first = '', second = '', third = ''] = ids;
    const file = join(stage.cwd, 'ids.txt');
    await writeFile(file, `# of today\n${first}, 1\n\n${second}\n${first}\n`);
    const refused = await stage.rapport(
      ['enrich', '--file', file, '--report', 'report.pdf'],
      unnamed,
    );
    expect([refused.status, refused.err]).toEqual([2, expect.stringContaining('.csv')]);
    expect(bodiesOf(stage, 'PATCH')).toEqual([]);
    const { out } = await stage.rapport(['enrich', '--file', file, '--json'], unnamed);
    expect(idsOf(out)).toEqual([first, second]);
    const stdin = Readable.from([`${third}\n`]);
    const piped = await stage.rapport(['enrich', '--file', '-', '--json'], unnamed, { stdin });
    expect(idsOf(piped.out)).toEqual([third]);
    expect(stage.emulator.control.attributes(third)).toEqual(EXPECTED);
  });

  it('draws a bar with the rate and the budget while a person watches, and reports as JSON', async () => {
    await using stage = await startStage('platform');
    const { env } = startRun(stage, 2);
    const args = ['enrich', '--report', join(stage.cwd, 'report.json')];
    const { status, err } = await stage.rapport(args, env, { isTerminal: true });
    expect(status).toBe(0);
    expect(err).toMatch(/█+░* \d\/2 {2}\d+\.\d\/s .*budget \d+\/300/);
    const report = parseSummary(await readFile(join(stage.cwd, 'report.json'), 'utf8'));
    expect(report.summary).toMatchObject({ conversations: 2, succeeded: 2 });
    expect(report.conversations).toHaveLength(2);
  });

  it('says of a participant who is not there that the order was not done', async () => {
    await using stage = await startStage('platform');
    const { env } = startRun(stage, 1);
    const { status, out } = await stage.rapport(['enrich', '--participant', 'nobody'], env);
    expect([status, out]).toEqual([
      1,
      expect.stringContaining('nobody is not in the conversation'),
    ]);
  });
});

describe.concurrent('document 002 when a neighbour fails', () => {
  const CRM_DOWN = { status: 503 } as const;

  it('serves a value that is stale rather than none when the CRM does not answer in time', async () => {
    let isDown = false;
    await using stage = await startStage('platform', {
      answerCrm: () => (isDown ? { status: 200, isHeldBack: true } : undefined),
    });
    const { ids, env } = await startWith(stage, { cache: { freshMs: 0 } });
    await using library = openLibrary(stage, env);
    expect((await enrichWith(library)).sources).toMatchObject([{ from: 'source' }]);
    isDown = true;
    stage.emulator.control.writeAttributes(ids[0] ?? '', { 'crm.tier': 'forgotten' });
    const { result, sources } = await enrichWith(library);
    expect([result, sources]).toEqual([
      'enriched',
      [
        expect.objectContaining({
          answer: 'found',
          from: 'stale-cache',
          ageMs: expect.any(Number),
        }),
      ],
    ]);
    expect(stage.emulator.control.attributes(ids[0] ?? '')).toEqual({ 'crm.tier': 'platinum' });
  });

  it('leaves a CRM alone that only fails, and writes nothing in the place of what it would know', async () => {
    await using stage = await startStage('platform', { answerCrm: () => CRM_DOWN });
    const breaker = { minCalls: 3, openMs: 60_000 };
    const { env } = await startWith(stage, { retry: { retries: 0 }, breaker });
    await using library = openLibrary(stage, env);
    const reasons: unknown[] = [];
    for (let turn = 0; turn < 5; turn += 1) reasons.push((await enrichWith(library)).reason);
    expect(stage.crm.received).toHaveLength(3);
    expect(reasons[0]).not.toBe(reasons[4]);
    expect(reasons[4]).toBe('ERR_SOURCE_BREAKER_OPEN');
    expect(bodiesOf(stage, 'PATCH')).toEqual([]);
  });

  it('says of a failed enrichment why, in the summary, the report and the audit', async () => {
    await using stage = await startStage('platform', { answerCrm: () => CRM_DOWN });
    const { ids, env } = await startWith(stage, { retry: { retries: 0 } });
    const [id = ''] = ids;
    const { status, out } = await stage.rapport(['enrich', '--timeout', '1', '--json'], env);
    expect(status).toBe(1);
    expect(parseSummary(out).summary).toMatchObject({
      failed: 1,
      successRate: 0,
      failures: { [id]: expect.stringMatching(/503|not finished/) },
    });
    const unknown = '00000000-0000-4000-8000-000000000000';
    expect((await stage.rapport(['enrich', unknown], env)).status).toBe(1);
    const audit = await stage.rapport(['audit', 'list', '--json', '--conversation', unknown], env);
    expect(JSON.parse(audit.out)).toMatchObject([
      {
        action: 'failed',
        traceId: expect.any(String),
        enrichment: {
          success: false,
          error: 'unknown-conversation',
          latencyMs: expect.any(Number),
        },
      },
    ]);
    expect(bodiesOf(stage, 'PATCH')).toEqual([]);
  });

  it('signs its webhooks where a secret is set, so that the receiver can check them', async () => {
    await using stage = await startStage('platform');
    const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    const analytics = { url: `${stage.analytics.url}/hook`, secret: '${HOOK_SECRET}' };
    const { env } = await startWith(stage, {}, { analytics });
    expect((await stage.rapport(['enrich'], { ...env, HOOK_SECRET: secret })).status).toBe(0);
    const [post] = stage.analytics.received;
    const headers = Object.fromEntries(
      Object.entries(post?.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    expect(new Webhook(secret).verify(post?.text ?? '', headers)).toMatchObject({
      eventType: 'conversation.attributes.enriched',
    });
    expect(() => new Webhook(secret).verify(`${post?.text ?? ''} `, headers)).toThrow('signature');
  });

  it('writes a secret to the conversation’s secure attributes alone, and tells it to nobody', async () => {
    await using stage = await startStage('platform');
    const attributes = {
      'crm.tier': { from: 'crm.membership_tier' },
      'crm.pin': { from: 'crm.id', class: 'secret' },
    };
    const analytics = { url: `${stage.analytics.url}/hook` };
    const { ids, env } = await startWith(stage, {}, { attributes, analytics });
    const { status, out } = await stage.rapport(['enrich', '--json'], env);
    expect(status).toBe(0);
    expect(stage.emulator.control.attributes(ids[0] ?? '')).toEqual({ 'crm.tier': 'platinum' });
    const secure = stage.emulator.control
      .requests()
      .filter(({ path, method }) => path.endsWith('/secureattributes') && method !== 'GET');
    expect(secure.map(({ requestBody }) => requestBody)).toEqual([
      expect.objectContaining({ attributes: { 'crm.pin': CUSTOMER.record.id } }),
    ]);
    expect(stage.analytics.received).toHaveLength(1);
    expect(stage.analytics.received[0]?.text).not.toContain(CUSTOMER.record.id);
    expect(out).not.toContain(CUSTOMER.record.id);
  });
});

/** One conversation, and the CRM as a configured source. */
async function startWith(
  stage: Stage,
  source: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Run> {
  const { ids } = startRun(stage, 1);
  const headers = { authorization: 'Bearer ${CRM_TOKEN}' };
  const crm = { type: 'http', url: `${stage.crm.url}/c/{key}`, headers, ...source };
  const env = await writeConfig(
    stage,
    {},
    {
      sources: { crm },
      attributes: { 'crm.tier': { from: 'crm.membership_tier' } },
      store: `sqlite:${join(stage.cwd, 'rapport.db')}`,
      ...more,
    },
  );
  return { ids, env: { ...env, CRM_TOKEN, CONVERSATION_IDS: ids.join(',') } };
}
