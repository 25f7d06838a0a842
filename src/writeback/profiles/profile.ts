import type { ParticipantRef, PlatformPort, PortCall } from '../platform-port.ts';
import type { Clock } from '../../lib/clock.ts';

/**
 * How attributes reach the platform. `attributes` is what the platform's contract offers. The
 * others use paths that the contract does not have or does not describe so; they serve gateways and
 * emulators that do, and say so when the platform answers that it does not.
 */
export type WriteProfileName =
  | 'attributes'
  | 'voice-merge'
  | 'participant-patch'
  | 'participant-merge'
  | 'conversation';

export const WRITE_PROFILE_NAMES: readonly WriteProfileName[] = [
  'attributes',
  'voice-merge',
  'participant-patch',
  'participant-merge',
  'conversation',
];

/** Keys to set, and keys to remove where a profile can say that: `null`. */
export type Changes = ReadonlyMap<string, string | null>;

export interface WriteContext {
  readonly port: PlatformPort;
  readonly call: PortCall;
  readonly clock: Clock;
  /** From 0 up to 1; for the jitter of retries. */
  readonly random: () => number;
}

export interface WriteProfile {
  readonly name: WriteProfileName;
  /** Whether it may send `null`; with the others a key is removed by an empty text. */
  readonly sendsNull: boolean;
  /**
   * Writes once. When it returns, the platform has accepted; that is no proof.
   * @throws the platform client's errors
   */
  write(target: ParticipantRef, changes: Changes, context: WriteContext): Promise<void>;
}

/** For profiles that cannot say `null`: a key to be removed becomes an empty text. */
export function toTexts(changes: Changes): ReadonlyMap<string, string> {
  return new Map([...changes].map(([key, value]) => [key, value ?? '']));
}
