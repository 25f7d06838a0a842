import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulator } from '../emulator/index.ts';
import { abortable } from '../lib/abort.ts';
import { sleep, systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { startService } from '../service/app.ts';
import { DAY } from './day.ts';
import { startSampleCrm } from './sample-crm.ts';
import { Scoreboard, type DaySummary } from './scoreboard.ts';
import { beginLine, progressLine, summaryText, type PaintWord } from './screen.ts';
import { demoConfig } from './config.ts';
import { playScript } from './stage.ts';

export interface DemoOptions {
  /** Play the day to its end and sum up; otherwise play it again and again until stopped. */
  readonly once: boolean;
  /** Nothing but the summary, as JSON. */
  readonly json: boolean;
  readonly out: (text: string) => void;
  readonly paint: PaintWord;
  readonly signal: AbortSignal;
}

/** How long an answer of the sample CRM takes, in milliseconds. */
const CRM_LATENCY_MS = 18;
/** Longer than the source's time-out. */
const CRM_SLOW_MS = 3_000;
/** How long after its 202 a write is applied, in milliseconds. */
const PLATFORM_LAG_MS = 120;
/** How long after the last conversation the last verdicts may take, in milliseconds. */
const VERDICT_PATIENCE_MS = 6_000;
const LOOK_EVERY_MS = 50;
/** Between two days, in milliseconds. */
const NIGHT_MS = 3_000;

/**
 * Starts the emulator, the sample CRM and the service on a temporary ledger, plays the day, and
 * takes everything down again.
 */
export async function playDemo(options: DemoOptions): Promise<DaySummary> {
  const { out, json, signal } = options;
  const clock = systemClock;
  const say = (text: string): void => (json ? undefined : out(text));
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'rapport-demo-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const emulator = stack.use(await startEmulator({ attributes: { lagMs: PLATFORM_LAG_MS } }));
  const crm = stack.use(
    await startSampleCrm({ clock, latencyMs: CRM_LATENCY_MS, slowMs: CRM_SLOW_MS }),
  );
  const day: Day = { board: new Scoreboard(), startedMs: clock.monotonicMs() };
  const at = (): number => clock.monotonicMs() - day.startedMs;
  const service = stack.use(
    await startService(
      demoConfig({ emulator, crm, store: `sqlite:${join(folder, 'ledger.db')}` }),
      {
        clock,
        random: Math.random,
        log: silentLog,
        onProgress: (progress) => {
          const step = day.board.take(progress);
          const line = step && progressLine(step.before, step.now, at(), options.paint);
          if (line !== undefined) say(`${line}\n`);
        },
      },
    ),
  );
  await abortable(service.live, signal);
  say(greeting(emulator.url, service.url, options.paint));

  for (let number = 1; ; number++) {
    day.board = new Scoreboard();
    day.startedMs = clock.monotonicMs();
    const finished = await playDay(day, {
      ...options,
      emulator,
      clock,
      say: (plan) => say(`${beginLine(plan, at(), options.paint)}\n`),
    });
    const summary = day.board.summary();
    if (!finished) return { ...summary, surprises: [] };
    if (options.once) {
      out(
        json
          ? `${JSON.stringify(summary, null, 2)}\n`
          : `\n${summaryText(day.board.scores, summary, options.paint)}`,
      );
      return summary;
    }
    say(
      `\n${summaryText(day.board.scores, summary, options.paint)}\nThe next day begins in a moment; Ctrl-C ends it.\n\n`,
    );
    if (!(await pause(NIGHT_MS, signal))) return summary;
  }
}

/** The day that is being played; replaced by the next one. */
interface Day {
  board: Scoreboard;
  startedMs: number;
}

/** Plays the script and waits for the last verdicts. @returns false when it was stopped before */
async function playDay(
  day: Day,
  options: Pick<DemoOptions, 'signal'> & {
    readonly emulator: Parameters<typeof playScript>[1]['emulator'];
    readonly clock: Parameters<typeof playScript>[1]['clock'];
    readonly say: (plan: (typeof DAY)[number]) => void;
  },
): Promise<boolean> {
  const { signal, clock, emulator } = options;
  try {
    await playScript(DAY, {
      emulator,
      clock,
      signal,
      onBegin: (conversationId, plan) => {
        day.board.begin(conversationId, plan);
        options.say(plan);
      },
    });
    const patience = clock.monotonicMs() + VERDICT_PATIENCE_MS;
    while (!day.board.isComplete && clock.monotonicMs() < patience) {
      await sleep(clock, LOOK_EVERY_MS, signal);
    }
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

/** @returns false when it was stopped meanwhile */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(systemClock, ms, signal);
    return true;
  } catch {
    return false;
  }
}

function greeting(emulatorUrl: string, serviceUrl: string, paint: PaintWord): string {
  return `${paint('strong', 'A day in miniature.')} Genesys Cloud, emulated, at ${emulatorUrl}; Rapport at ${serviceUrl}.
Customers call, Rapport finds them in a sample CRM, writes four attributes, and waits until they are visible.

`;
}
