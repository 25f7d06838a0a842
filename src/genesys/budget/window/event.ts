import type { AnswerFacts } from '../budget.ts';
import type { SharedWindow, WindowReport } from '../../../domain/sharing.ts';
import type { Ticket } from './state.ts';

export type WindowEvent =
  | { readonly kind: 'promised'; readonly cost: number }
  | { readonly kind: 'returned'; readonly cost: number }
  | { readonly kind: 'sent' }
  | { readonly kind: 'unsent'; readonly ticket: Ticket }
  | { readonly kind: 'lost'; readonly ticket: Ticket }
  | { readonly kind: 'answered'; readonly ticket: Ticket; readonly facts: AnswerFacts }
  /** The store has told of the window that this instance has a share of. */
  | { readonly kind: 'exchanged'; readonly exchange: Exchange };

export type Answered = Extract<WindowEvent, { readonly kind: 'answered' }>;

/** What was reported of a shared window, when, and what the store answered. */
export interface Exchange {
  readonly report: WindowReport;
  readonly reportedMs: number;
  readonly window: SharedWindow;
}
