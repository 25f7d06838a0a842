/**
 * A rate window that several instances use up together, as rows: what is known of the window, and
 * what each instance has claimed of it. All statements of one exchange run in one transaction behind
 * the lock of the window's row, so the claims never add up to more than the window allows.
 */
import type { SharedWindow, WindowReport, WindowSeen } from '../../domain/sharing.ts';
import { maybeNumber, numberOf, textOf } from '../sql/codec.ts';
import { query, type Dialect, type SqlRow, type Statement, type Unit } from '../sql/statement.ts';

/** How long whoever may send a window's first request has for it, in milliseconds. */
const PROBE_MS = 500;
/** Windows for which room is kept free: after strangers were seen, and after a 429 of our own making. */
const FOREIGN_WINDOWS = 3;
const OWN_WINDOWS = 10;
/** What an instance that died may still have on its way is carried for so long, in milliseconds. */
const CARRY_MS = 10_000;
/** Part of the room that all instances together may claim ahead of their need. */
const AHEAD = 8;

type Of = { token: string };
type OfInstance = Of & { instance: string };

const larger = (a: string, b: string): string => `case when ${a} > ${b} then ${a} else ${b} end`;
const int = (name: string): string => `cast(:${name} as integer)`;
const isToken = `token = cast(:token as text)`;
const inMs = (name: string): string => `:now + cast(:${name} as bigint)`;

const claimedByAll = `(select coalesce(sum(c.claimed), 0) from rate_claim c
  where c.token = rate_window.token)`;
const used = (counted: string): string => `${counted} - ${claimedByAll}`;
const twoPercent = (allowed: string): string => larger('5', `(${allowed} * 2 + 99) / 100`);
const keptFree = (on: Dialect): string =>
  `case when allowed is null then 0 else ${on.least('margin', 'allowed / 4')} end`;

/** Takes the row's lock, under which everything else of the exchange is done. */
const lock = query<Of>(
  'rate.lock',
  `insert into rate_window
     (token, window_no, state, foreign_used, margin, margin_windows, probe_until, drawn)
   values (:token, 0, 'probe', 0, 0, 0, 0, 0)
   on conflict (token) do update set drawn = 0`,
);

/** After the window has moved on, what may still arrive is all that is claimed of the new one. */
const claim = query<OfInstance & { no: number; claimed: number; outstanding: number }>(
  'rate.claim',
  `insert into rate_claim (token, instance, window_no, claimed, outstanding)
   select cast(:token as text), cast(:instance as text), w.window_no,
     case when w.window_no = cast(:no as bigint) then ${int('claimed')}
       else ${int('outstanding')} end,
     ${int('outstanding')}
   from rate_window w where w.token = cast(:token as text)
   on conflict (token, instance) do update set window_no = excluded.window_no,
     claimed = excluded.claimed, outstanding = excluded.outstanding`,
);

const isNow = `${isToken} and window_no = cast(:no as bigint)`;
const isNews = `allowed is not null and ${used(int('count'))} > foreign_used`;

/** More than all have claimed was used by strangers; room is kept for more of them. */
const open = query<Of & { no: number; count: number; allowed: number; endsInMs: number }>(
  'rate.open',
  (on) => `update rate_window set
     margin_windows = case when ${isNews}
       then ${larger('margin_windows', `${FOREIGN_WINDOWS}`)} else margin_windows end,
     margin = case when ${isNews}
       then ${larger('margin', `(${twoPercent(int('allowed'))})`)} else margin end,
     foreign_used = ${larger(used(int('count')), 'foreign_used')},
     state = 'open', allowed = ${int('allowed')},
     ends_at = ${on.least('ends_at', inMs('endsInMs'))}
   where ${isNow} and state <> 'frozen'`,
);

const unlimited = query<Of & { no: number }>(
  'rate.unlimited',
  `update rate_window set state = 'unlimited', allowed = null, ends_at = null
   where ${isNow} and state = 'probe'`,
);

const freeze = `state = 'frozen', allowed = coalesce(${int('allowed')}, allowed),
  ends_at = case when state = 'frozen' and ends_at > ${inMs('endsInMs')} then ends_at
    else ${inMs('endsInMs')} end`;

type Refused = Of & {
  no: number;
  count: number | undefined;
  allowed: number | undefined;
  endsInMs: number;
};

const refusedOwn = query<Omit<Refused, 'count'>>(
  'rate.refusedOwn',
  `update rate_window set margin = margin + 1, margin_windows = ${OWN_WINDOWS}, ${freeze}
   where ${isNow}`,
);

const refusedForeign = query<Refused>(
  'rate.refusedForeign',
  `update rate_window set
     foreign_used = ${larger(used(`coalesce(${int('count')}, ${int('allowed')}, allowed, 0)`), 'foreign_used')},
     margin = ${larger('margin', `(${twoPercent(`coalesce(${int('allowed')}, allowed, 0)`)})`)},
     margin_windows = ${larger('margin_windows', `${FOREIGN_WINDOWS}`)}, ${freeze}
   where ${isNow}`,
);

const moveOn = query<Of & { no: number; isOver: number }>(
  'rate.moveOn',
  `update rate_window set window_no = window_no + 1, state = 'probe', foreign_used = 0,
     margin = case when margin_windows <= 1 then 0 else margin end,
     margin_windows = case when margin_windows <= 1 then 0 else margin_windows - 1 end,
     ends_at = null, probe_until = 0
   where ${isToken} and (ends_at <= :now or
     (${int('isOver')} = 1 and window_no = cast(:no as bigint) and state <> 'frozen'))`,
);

const windowNo = `(select w.window_no from rate_window w where w.token = rate_claim.token)`;

const dropDead = query<OfInstance>(
  'rate.dropDead',
  `delete from rate_claim where ${isToken} and window_no < ${windowNo}
     and instance <> cast(:instance as text)
     and not exists (select 1 from instance i
       where i.id = rate_claim.instance and i.alive_until > :now - ${CARRY_MS})`,
);

/** What may still arrive may arrive in the new window. */
const carry = query<Of>(
  'rate.carry',
  `update rate_claim set claimed = outstanding, window_no = ${windowNo}
   where ${isToken} and window_no < ${windowNo}`,
);

const alive = `(select count(*) from rate_claim c join instance i on i.id = c.instance
  where c.token = rate_window.token and i.alive_until > :now)`;

/** The fewer are left, the fewer are claimed ahead; in multiples, so that no odd one is left over. */
const draw = query<Of & { want: number; isBusy: number }>('rate.draw', (on) => {
  const wanted = on.least(int('want'), 'allowed');
  const room = `(allowed - (${keptFree(on)}) - foreign_used - ${claimedByAll})`;
  const shares = `(${AHEAD} * (${larger(alive, '1')}) * ${wanted})`;
  return `update rate_window set
     drawn = case
       when ${int('want')} = 0 then 0
       when state = 'probe' then case when probe_until <= :now then ${wanted} else 0 end
       when state <> 'open' or ${room} < ${wanted} then 0
       when ${int('isBusy')} = 0 or ${room} * 10 < allowed then ${wanted}
       else ${wanted} * (${larger(`${room} / ${shares}`, '1')}) end,
     probe_until = case when state = 'probe' and probe_until <= :now and ${int('want')} > 0
       then :now + ${PROBE_MS} else probe_until end
   where ${isToken}`;
});

const drawn = `(select w.drawn from rate_window w where w.token = rate_claim.token)`;

const take = query<OfInstance>(
  'rate.take',
  `update rate_claim set claimed = claimed + ${drawn}, outstanding = outstanding + ${drawn}
   where ${isToken} and instance = cast(:instance as text)`,
);

const view = query<OfInstance>(
  'rate.view',
  (on) => `select rate_window.window_no, state, allowed, foreign_used, drawn,
     ${keptFree(on)} as kept_free, ${claimedByAll} as claimed_by_all, ends_at - :now as ends_in,
     mine.claimed
   from rate_window join rate_claim mine on mine.token = rate_window.token
   where rate_window.token = cast(:token as text) and mine.instance = cast(:instance as text)`,
);

export function exchangeUnit(of: OfInstance, report: WindowReport): Unit {
  const { token } = of;
  const { no, seen, want } = report;
  const { claimed, outstanding } = report;
  return [
    lock({ token }),
    claim({ ...of, no, claimed, outstanding }),
    ...(seen === undefined ? [] : seenStatements({ token, no }, seen)),
    moveOn({ token, no, isOver: seen?.kind === 'over' ? 1 : 0 }),
    dropDead(of),
    carry({ token }),
    draw({ token, want, isBusy: report.isBusy ? 1 : 0 }),
    take(of),
    view(of),
  ];
}

function seenStatements(of: Of & { no: number }, seen: WindowSeen): readonly Statement[] {
  switch (seen.kind) {
    case 'open': {
      const { count, allowed } = seen;
      return [open({ ...of, count, allowed, endsInMs: Math.ceil(seen.endsInMs) })];
    }
    case 'unlimited':
      return [unlimited(of)];
    case 'over':
      return [];
    case 'refused': {
      const { count, allowed } = seen;
      const frozen = { ...of, allowed, endsInMs: Math.ceil(seen.endsInMs) };
      return [seen.isOwn ? refusedOwn(frozen) : refusedForeign({ ...frozen, count })];
    }
  }
}

export function rateWindowOf(row: SqlRow): SharedWindow {
  // Only the statements above write it.
  const state = textOf(row, 'state') as SharedWindow['state'];
  return {
    no: numberOf(row, 'window_no'),
    state,
    allowed: maybeNumber(row, 'allowed'),
    foreign: numberOf(row, 'foreign_used'),
    margin: numberOf(row, 'kept_free'),
    claimedByAll: numberOf(row, 'claimed_by_all'),
    claimed: numberOf(row, 'claimed'),
    drawn: numberOf(row, 'drawn'),
    endsInMs: maybeNumber(row, 'ends_in'),
  };
}
