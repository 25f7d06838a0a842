/** One action of a flow, as a scenario declares it. */
export type FlowStep =
  /** Get Participant Data: reads one attribute of the customer into a variable of that name. */
  | { readonly get: string }
  /** Set Participant Data. `${name}` stands for a variable that was got before, empty if there was none. */
  | { readonly set: Readonly<Record<string, string>> }
  /** Time passes, as in a menu or a prompt; in milliseconds. */
  | { readonly waitMs: number }
  /**
   * Call Data Action: posts `{conversationId, participantId, …input}` as JSON to a URL of the
   * scenario and sets the string members of the answer as variables.
   */
  | { readonly callDataAction: DataActionCall }
  /** Transfer to ACD; ends the flow. */
  | { readonly transferTo: string }
  /** Disconnect; ends flow and conversation. */
  | { readonly disconnect: true };

export interface DataActionCall {
  readonly url: string;
  /** Members beside the ids; `${name}` as in `set`. */
  readonly input?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** 1,000 … 60,000 milliseconds, as the platform allows. @defaultValue `10_000` */
  readonly timeoutMs?: number | undefined;
}

/** How flows treat attributes; the platform's help leaves some of it open (see README). */
export interface ArchitectSettings {
  /**
   * What a voice flow reads from its local copy. `own-keys`: what it set itself, all else from the
   * cloud. `all-keys`: everything, as it was when the flow started. @defaultValue `'own-keys'` (assumed)
   */
  readonly voiceReads: 'own-keys' | 'all-keys';
  /**
   * When what a voice flow set reaches the cloud. `end`: at its end, over whatever is there then.
   * `at-once`: at each step, and again at its end. @defaultValue `'end'` (assumed)
   */
  readonly voiceWrites: 'end' | 'at-once';
}

export const DEFAULT_ARCHITECT: ArchitectSettings = { voiceReads: 'own-keys', voiceWrites: 'end' };

/** What one step did. */
export interface StepReport {
  readonly step: number;
  readonly kind: 'get' | 'set' | 'wait' | 'data-action' | 'transfer' | 'disconnect';
  /** Epoch milliseconds. */
  readonly at: number;
  /** What it saw, by key: the value, or null for Not found. For a set: what it set. */
  readonly values?: Readonly<Record<string, string | null>> | undefined;
  /** Of a data action: `success`, `failure` or `timeout`. */
  readonly outcome?: 'success' | 'failure' | 'timeout' | undefined;
}

/** One run of a flow over one conversation, and what it saw. */
export interface FlowRun {
  readonly flowId: string;
  readonly flowVersion: string;
  readonly conversationId: string;
  /** The flow's own participant. */
  readonly participantId: string;
  readonly startedAt: number;
  endedAt: number | undefined;
  readonly steps: StepReport[];
}
