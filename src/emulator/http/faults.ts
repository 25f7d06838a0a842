import { sleep, type Clock } from '../../lib/clock.ts';
import type { Chaos } from '../chaos/chaos.ts';
import type { TokenStore } from '../oauth/tokens.ts';
import { PlatformError } from './platform-error.ts';
import type { Answer } from './route.ts';

export interface FaultParts {
  readonly chaos: Chaos;
  readonly clock: Clock;
  readonly tokens: TokenStore;
  /** Aborts when the emulator stops; ends waits. */
  readonly stopped: AbortSignal;
}

export interface FaultSubject {
  readonly operation: string;
  readonly conversationId: string | undefined;
  readonly authorization: string | undefined;
  /** Told which rules had a hand in it. */
  readonly onFaults: (rules: readonly string[]) => void;
}

/** How a request ends: with an answer, a cut connection, or nothing at all. */
export type Ending =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'reset' }
  | { readonly kind: 'silence' };

/**
 * Serves a request as the fault rules allow.
 *
 * @throws {PlatformError} what the handler throws, or the status that a rule gives instead
 */
export async function serveUnderFaults(
  parts: FaultParts,
  subject: FaultSubject,
  serve: () => Promise<Answer>,
): Promise<Ending> {
  const plan = parts.chaos.decide(subject);
  const { outcome } = plan;
  subject.onFaults(plan.rules);
  if (plan.revokesToken) revoke(parts.tokens, subject.authorization);
  if (plan.delayMs > 0) await sleep(parts.clock, plan.delayMs, parts.stopped);
  if (outcome.kind === 'serve') return { kind: 'answer', answer: await serve() };
  // What it would have said, error or not, is what the fault hides.
  if (outcome.commits) await serve().catch(ignorePlatformError);
  if (outcome.kind !== 'status') return { kind: outcome.kind };
  const { status, code, message, retryAfterSeconds: after } = outcome;
  const headers = after === undefined ? undefined : { 'retry-after': String(after) };
  throw new PlatformError({ status, code, message, headers });
}

function revoke(tokens: TokenStore, authorization: string | undefined): void {
  const value = /^bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
  const verdict = tokens.check(value ?? '');
  if (verdict.kind === 'active') verdict.token.state = 'revoked';
}

function ignorePlatformError(error: unknown): void {
  if (!(error instanceof PlatformError)) throw error;
}
