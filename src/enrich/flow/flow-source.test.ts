import { describe, expect, it } from 'vitest';
import { RapportError } from '../../domain/errors.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { createFlowSource, type FlowAnswer, type FlowSource, type GetFlow } from './flow-source.ts';

const MINUTE = 60_000;
const body = { inputSchema: { properties: { tier: { type: 'string' } } } };
const refusal = (status: number): RapportError =>
  new RapportError({ code: 'ERR_GENESYS', message: `answered ${status}`, details: { status } });

function aSource(getFlow: GetFlow): { readonly source: FlowSource; readonly clock: ManualClock } {
  const clock = new ManualClock();
  return { source: createFlowSource({ id: 'f1', version: undefined }, { getFlow, clock }), clock };
}

/** Answers one after the other, the last one for good; counts. */
function inTurn(...answers: readonly unknown[]): GetFlow & { count: () => number } {
  let count = 0;
  const get: GetFlow = () => {
    const answer = answers[Math.min(count, answers.length - 1)];
    count += 1;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return Object.assign(get, { count: () => count });
}

const read = (source: FlowSource, signal = new AbortController().signal): Promise<FlowAnswer> =>
  source.read(signal);
const said = (answer: FlowAnswer): string =>
  answer.kind === 'schema' ? `${answer.from} ${answer.ageMs}` : answer.problem;

const neverAnswers: GetFlow = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('createFlowSource', () => {
  it('reads the flow once in ten minutes', async () => {
    const getFlow = inTurn(body);
    const { source, clock } = aSource(getFlow);
    expect(said(await read(source))).toBe('platform 0');
    await clock.advance(9 * MINUTE);
    expect(said(await read(source))).toBe('cache 540000');
    await clock.advance(MINUTE);
    expect(said(await read(source))).toBe('platform 0');
    expect(getFlow.count()).toBe(2);
  });

  it('serves the last known inputs when the flow can not be read, and says why', async () => {
    const getFlow = inTurn(body, refusal(500));
    const { source, clock } = aSource(getFlow);
    await read(source);
    await clock.advance(11 * MINUTE);
    expect(await read(source)).toMatchObject({
      kind: 'schema',
      from: 'last-known',
      ageMs: 11 * MINUTE,
      problem: 'flow f1 could not be read: answered 500',
    });
  });

  it.for([
    [
      403,
      'flow f1 may not be read (403): the OAuth client needs the permission architect:flow:view',
    ],
    [404, 'flow f1 does not exist, or has no such version (404)'],
    [410, 'flow f1 was deleted (410)'],
  ] as const)('names what %i means', async ([status, problem]) => {
    const { source } = aSource(inTurn(refusal(status)));
    expect(said(await read(source))).toBe(problem);
  });

  it('does not ask again at once after a failure, and then does', async () => {
    const getFlow = inTurn(refusal(403), body);
    const { source, clock } = aSource(getFlow);
    await read(source);
    await clock.advance(29_000);
    await read(source);
    expect(getFlow.count()).toBe(1);
    await clock.advance(1000);
    expect(said(await read(source))).toBe('platform 0');
  });

  it('makes one request for many who ask together, and lets one of them go without the others', async () => {
    const flow = Promise.withResolvers<unknown>();
    let count = 0;
    const getFlow: GetFlow = () => {
      count += 1;
      return flow.promise;
    };
    const { source, clock } = aSource(getFlow);
    const leaving = new AbortController();
    const left = read(source, leaving.signal);
    const stayed = read(source);
    leaving.abort(new Error('stopped'));
    await expect(left).rejects.toThrow('stopped');
    flow.resolve(body);
    expect(said(await stayed)).toBe('platform 0');
    expect(count).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives up on a platform that does not answer', async () => {
    const { source, clock } = aSource(neverAnswers);
    const answer = read(source);
    await clock.advance(15_000);
    expect(said(await answer)).toBe('flow f1 could not be read: no answer within 15000 ms');
  });

  it('takes a flow without declared inputs as it is: there is nothing to hold attributes against', async () => {
    const getFlow = inTurn({ id: 'f1' });
    const { source, clock } = aSource(getFlow);
    expect(said(await read(source))).toBe('flow f1 declares no inputs');
    await clock.advance(9 * MINUTE);
    await read(source);
    expect(getFlow.count()).toBe(1);
  });
});
