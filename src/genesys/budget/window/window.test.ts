import { describe, expect, it } from 'vitest';
import {
  coldWindow,
  marginOf,
  maySend,
  roomOf,
  ticketOf,
  type Ticket,
  type WindowSettings,
  type WindowState,
} from './state.ts';
import { windowAfter, windowAt } from './window.ts';

/** Plays a window by hand: time moves only where a row says so. */
class Play {
  readonly #settings: WindowSettings;
  state: WindowState;
  nowMs = 0;

  constructor(settings: Partial<WindowSettings> = {}) {
    this.#settings = { windowMs: 60_000, ...settings };
    this.state = coldWindow(this.#settings);
  }

  at(ms: number): this {
    this.nowMs = ms;
    this.state = windowAt(this.state, ms);
    return this;
  }

  promise(cost: number): this {
    this.#apply({ kind: 'promised', cost });
    return this;
  }

  send(): Ticket {
    this.state = windowAt(this.state, this.nowMs);
    const ticket = ticketOf(this.state, this.nowMs);
    this.#apply({ kind: 'sent' });
    return ticket;
  }

  sendMany(count: number): Ticket[] {
    return Array.from({ length: count }, () => this.send());
  }

  /** An answer with count, reset and allowance. */
  answer(ticket: Ticket, count: number, resetSeconds: number, allowed = 300): this {
    const rate = { count, allowed, resetSeconds };
    return this.#answered(ticket, { status: 200, rate });
  }

  silent(ticket: Ticket, status = 200): this {
    return this.#answered(ticket, { status, rate: undefined });
  }

  refuse(ticket: Ticket, count: number, seconds: number | undefined, allowed = 300): this {
    const rate = { count, allowed, resetSeconds: seconds ?? 60 };
    const retryAfterMs = seconds === undefined ? undefined : seconds * 1000;
    return this.#answered(ticket, { status: 429, rate, retryAfterMs });
  }

  lose(ticket: Ticket): this {
    this.#apply({ kind: 'lost', ticket });
    return this;
  }

  unsend(ticket: Ticket): this {
    this.#apply({ kind: 'unsent', ticket });
    return this;
  }

  /** A window that we opened at 0 and know all about. */
  opened(resetSeconds = 60): this {
    const ticket = this.send();
    return this.at(20).answer(ticket, 1, resetSeconds);
  }

  #answered(
    ticket: Ticket,
    facts: {
      readonly status: number;
      readonly rate:
        | { readonly count: number; readonly allowed: number; readonly resetSeconds: number }
        | undefined;
      readonly retryAfterMs?: number | undefined;
    },
  ): this {
    this.state = windowAt(this.state, this.nowMs);
    const { retryAfterMs } = facts;
    this.#apply({
      kind: 'answered',
      ticket,
      facts: { ...facts, retryAfterMs, limitKey: undefined },
    });
    return this;
  }

  #apply(event: Parameters<typeof windowAfter>[1]): void {
    this.state = windowAfter(this.state, event, { nowMs: this.nowMs, settings: this.#settings });
  }
}

interface Row {
  readonly rule: string;
  readonly play: (play: Play) => Play;
  readonly settings?: Partial<WindowSettings>;
  readonly expect: {
    readonly phase?: WindowState['phase']['kind'];
    readonly room?: number;
    readonly maySend?: boolean;
    readonly margin?: number;
    readonly state?: Partial<WindowState>;
  };
}

const rows: readonly Row[] = [
  {
    rule: 'cold: one request may go, though nothing may be promised by number',
    play: (p) => p,
    expect: { phase: 'cold', maySend: true, room: 0 },
  },
  {
    rule: 'cold: no second one while the first is on its way',
    play: (p) => (p.send(), p),
    expect: { phase: 'cold', maySend: false },
  },
  {
    rule: 'cold: a lost answer lets the next one try',
    play: (p) => p.lose(p.send()),
    expect: { phase: 'cold', maySend: true, state: { sent: 1, inFlight: 0 } },
  },
  {
    rule: 'the first answer opens the window',
    play: (p) => p.opened(),
    expect: { phase: 'open', room: 299, state: { allowed: 300, sent: 1, foreign: 0 } },
  },
  {
    rule: 'held permits take room, and giving them back returns it',
    play: (p) => p.opened().promise(10).promise(-4),
    expect: { room: 293 },
  },
  {
    rule: 'requests in flight count as sent, so what others use is never thought too high',
    play: (p) => {
      p.opened();
      const [first] = p.sendMany(5);
      return first === undefined ? p : p.answer(first, 6, 60);
    },
    expect: { state: { sent: 6, foreign: 0 } },
  },
  {
    rule: 'what is counted beyond our own is others’',
    play: (p) => p.answer(p.send(), 251, 40),
    expect: { state: { foreign: 250, sent: 1 }, room: 49 },
  },
  {
    rule: 'use found at a cold start leaves no margin: it may be our own before a restart',
    play: (p) => p.answer(p.send(), 251, 40),
    expect: { margin: 0 },
  },
  {
    rule: 'others who are seen at work leave a margin of 2 %, at least 5',
    play: (p) => p.opened().answer(p.send(), 4, 60),
    expect: { margin: 6, state: { foreign: 2, foreignMarginWindows: 3 } },
  },
  {
    rule: 'the margin never takes more than a quarter of a small allowance',
    play: (p) => {
      const first = p.send();
      p.at(20).answer(first, 1, 60, 8);
      return p.answer(p.send(), 4, 60, 8);
    },
    expect: { margin: 2 },
  },
  {
    rule: 'the margin lasts three windows',
    play: (p) => p.opened().answer(p.send(), 4, 60).at(61_000).at(200_000),
    expect: { margin: 6, state: { foreignMarginWindows: 2, foreign: 0 } },
  },
  {
    rule: 'a promised request may use the margin',
    play: (p) => {
      p.opened().answer(p.send(), 4, 60);
      p.sendMany(295);
      return p;
    },
    expect: { room: -5, maySend: true, state: { sent: 297, foreign: 2 } },
  },
  {
    rule: 'all of the allowance is used when we are alone, and not one more',
    play: (p) => (p.opened().sendMany(299), p),
    expect: { room: 0, maySend: false, state: { sent: 300 } },
  },
  {
    rule: 'a window of our own opening ends a minute after its first answer, whatever reset says',
    play: (p) => p.opened(61),
    expect: { state: { endHiMs: 60_020 } },
  },
  {
    rule: 'a window found running ends within reset and a second, since reset may be rounded down',
    play: (p) => p.at(1000).answer(p.send(), 7, 30),
    expect: { state: { endHiMs: 32_000, endLoMs: 30_000 } },
  },
  {
    rule: 'the earliest bound of the end holds',
    play: (p) => {
      p.at(1000).answer(p.send(), 7, 30);
      p.at(1900).answer(p.send(), 8, 30);
      return p.at(2100).answer(p.send(), 9, 29);
    },
    expect: { state: { endHiMs: 32_000, endLoMs: 30_900 } },
  },
  {
    rule: 'reset that still says 60 half a second after the opening is not rounded down',
    play: (p) => p.opened().at(600).answer(p.send(), 2, 60),
    expect: { state: { slackMs: 0 } },
  },
  {
    rule: 'reset that still says 61 exceeds by a second',
    play: (p) => p.opened(61).at(600).answer(p.send(), 2, 61),
    expect: { state: { slackMs: -1_000 } },
  },
  {
    rule: 'reset that says 59 half a second after the opening shows nothing',
    play: (p) => p.opened(59).at(600).answer(p.send(), 2, 59),
    expect: { state: { slackMs: 1_000 } },
  },
  {
    rule: 'reset right after the opening shows nothing: it may be rounded to the nearest',
    play: (p) => p.opened().at(100).answer(p.send(), 2, 60),
    expect: { state: { slackMs: 1_000 } },
  },
  {
    rule: 'reset that never moves does not prolong the window',
    play: (p) => p.opened(61).at(30_000).answer(p.send(), 2, 61),
    expect: { phase: 'open', state: { endHiMs: 60_020, no: 0 } },
  },
  {
    rule: 'windows longer than a minute are believed when reset says so',
    play: (p) => p.opened(120),
    expect: { state: { windowMs: 120_000, endHiMs: 120_020 } },
  },
  {
    rule: 'at its end the window gives way to a probe, with what is in flight counted as sent',
    play: (p) => {
      p.opened().promise(4);
      p.sendMany(3);
      return p.at(60_020);
    },
    expect: {
      phase: 'probe',
      maySend: true,
      room: 0,
      state: { sent: 3, stragglers: 3, inFlight: 0, held: 4, foreign: 0, no: 1 },
    },
  },
  {
    rule: 'not before its end',
    play: (p) => p.opened().at(60_019),
    expect: { phase: 'open', state: { no: 0 } },
  },
  {
    rule: 'a probe out lets nobody else go',
    play: (p) => (p.opened().at(60_020).send(), p),
    expect: { phase: 'probe', maySend: false },
  },
  {
    rule: 'the probe’s answer opens the new window',
    play: (p) => {
      const ticket = p.opened().at(60_020).send();
      return p.at(60_040).answer(ticket, 1, 60);
    },
    expect: { phase: 'open', room: 299, state: { endHiMs: 120_040 } },
  },
  {
    rule: 'an answer from before the window that surely belongs there is taken off the new one',
    play: (p) => {
      const late = p.opened().at(59_990).send();
      const probe = p.at(60_020).send();
      return p.at(60_040).answer(probe, 1, 60).at(60_050).answer(late, 2, 1);
    },
    expect: { room: 299, state: { sent: 1, stragglers: 0, foreign: 0 } },
  },
  {
    rule: 'an answer from before the window that may belong to either is kept',
    play: (p) => {
      const late = p.opened().at(59_990).send();
      const probe = p.at(60_020).send();
      return p.at(60_040).answer(probe, 2, 60).at(60_050).answer(late, 1, 60);
    },
    expect: { room: 298, state: { sent: 2, stragglers: 0, foreign: 0 } },
  },
  {
    rule: 'a count that falls while the end moves shows that a new window runs already',
    play: (p) => {
      p.at(1000).answer(p.send(), 7, 10);
      p.at(2000).answer(p.send(), 8, 9);
      p.at(3000).answer(p.send(), 9, 8);
      return p.at(11_500).answer(p.send(), 1, 60);
    },
    expect: { phase: 'open', room: 299, state: { no: 1, sent: 1, foreign: 0, endHiMs: 71_500 } },
  },
  {
    rule: 'a count that falls while the end stays is not believed',
    play: (p) => {
      p.at(1000).answer(p.send(), 7, 30);
      p.at(2000).answer(p.send(), 8, 29);
      p.at(3000).answer(p.send(), 9, 28);
      return p.at(3500).answer(p.send(), 2, 28);
    },
    expect: { phase: 'open', state: { no: 0, sent: 4, foreign: 6 } },
  },
  {
    rule: 'no headers where none were ever seen: nothing is limited',
    play: (p) => p.silent(p.send()),
    expect: { phase: 'unlimited', room: Number.POSITIVE_INFINITY, maySend: true },
  },
  {
    rule: 'an error without headers says nothing',
    play: (p) => p.silent(p.send(), 502),
    expect: { phase: 'cold', maySend: true },
  },
  {
    rule: 'an assumed rate opens a minute of its own',
    settings: { assumePerMinute: 100 },
    play: (p) => p.at(500).silent(p.send()),
    expect: { phase: 'open', room: 99, state: { endHiMs: 60_500 } },
  },
  {
    rule: 'headers end an assumed rate and an unlimited one',
    play: (p) => p.silent(p.send()).at(10).answer(p.send(), 2, 60),
    expect: { phase: 'open', state: { allowed: 300 } },
  },
  {
    rule: 'no headers in a probe leave it a probe where headers are known',
    play: (p) => p.opened().at(60_020).silent(p.send()),
    expect: { phase: 'probe', maySend: true },
  },
  {
    rule: 'a 429 freezes as long as the platform asks',
    play: (p) => p.opened().refuse(p.send(), 300, 17),
    expect: { phase: 'frozen', maySend: false, room: 0, state: { foreign: 298 } },
  },
  {
    rule: 'after the freeze comes a probe',
    play: (p) => p.opened().refuse(p.send(), 300, 17).at(17_020),
    expect: { phase: 'probe', state: { foreign: 0 } },
  },
  {
    rule: 'a 429 without Retry-After freezes to the end of the window',
    play: (p) => p.opened().refuse(p.send(), 300, undefined).at(60_019),
    expect: { phase: 'frozen' },
  },
  {
    rule: 'a 429 without Retry-After in a window that nothing was known of freezes as long as reset says',
    play: (p) => p.refuse(p.send(), 300, undefined).at(60_999),
    expect: { phase: 'frozen', state: { endHiMs: 61_000 } },
  },
  {
    rule: 'a 429 that tells nothing freezes for a second',
    play: (p) => p.silent(p.send(), 429).at(1_000),
    expect: { phase: 'probe' },
  },
  {
    rule: 'a 429 in a window that we took for new is others’ doing while they are at work',
    play: (p) => {
      p.opened().answer(p.send(), 250, 60);
      p.sendMany(50);
      const probe = p.at(60_020).send();
      return p.at(60_040).refuse(probe, 300, 1);
    },
    expect: { state: { refusals: { own: 0, foreign: 1 } } },
  },
  {
    rule: 'a 429 within our share is others’ doing',
    play: (p) => p.opened().refuse(p.send(), 300, 17),
    expect: { state: { refusals: { own: 0, foreign: 1 } }, margin: 6 },
  },
  {
    rule: 'a 429 after more than is allowed is our own doing, and leaves a margin of one',
    play: (p) => {
      p.opened().sendMany(299);
      return p.refuse(p.send(), 300, 17);
    },
    expect: { state: { refusals: { own: 1, foreign: 0 }, ownMargin: 1 }, margin: 1 },
  },
  {
    rule: 'our own margin is halved by a clean window',
    play: (p) => {
      p.opened().sendMany(299);
      p.refuse(p.send(), 300, 17).at(17_020);
      return p.answer(p.send(), 1, 60).at(80_000);
    },
    expect: { margin: 0 },
  },
  {
    rule: 'a 429 in a window that we took for new is our own doing, and windows are thought longer',
    play: (p) => {
      p.opened().sendMany(299);
      const probe = p.at(60_020).send();
      return p.at(60_040).refuse(probe, 300, 1);
    },
    expect: {
      state: { refusals: { own: 1, foreign: 0 }, windowMs: 61_000, slackMs: 1_000 },
    },
  },
  {
    rule: 'a request that never left is not counted',
    play: (p) => p.opened().unsend(p.send()),
    expect: { room: 299, state: { sent: 1, inFlight: 0 } },
  },
  {
    rule: 'a request whose answer was lost is',
    play: (p) => p.opened().lose(p.send()),
    expect: { room: 298, state: { sent: 2, inFlight: 0 } },
  },
  {
    rule: 'after a long pause of the process comes a probe',
    play: (p) => p.opened().at(3_600_000),
    expect: { phase: 'probe', maySend: true, state: { sent: 0 } },
  },
];

describe('windowAfter', () => {
  it.each(rows.map((row) => [row.rule, row] as const))('%s', (_rule, row) => {
    const play = row.play(new Play(row.settings));
    const { state } = play;
    expect({
      phase: state.phase.kind,
      room: roomOf(state),
      maySend: maySend(state),
      margin: marginOf(state),
      state,
    }).toMatchObject(row.expect);
  });
});
