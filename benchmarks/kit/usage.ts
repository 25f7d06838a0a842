import { readFile } from 'node:fs/promises';

/** Unit of times in /proc, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 200;

export interface Usage {
  /** Processor time of all its threads since the start. */
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

/** What a process uses, from /proc; on another system than Linux, not a number. */
export async function usageOf(pid: number): Promise<Usage> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
    ]);
    // The fields after the name, which may hold spaces: utime and stime are the 12th and 13th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    const residentKiB = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
    return { cpuSeconds, residentMiB: residentKiB / 1024 };
  } catch {
    return { cpuSeconds: Number.NaN, residentMiB: Number.NaN };
  }
}

/** Processor time of all programs on this machine and what its host withheld, in seconds since it started. */
async function machineSeconds(): Promise<number> {
  try {
    const [all = ''] = (await readFile('/proc/stat', 'utf8')).split('\n', 1);
    const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = all
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return (user + nice + system + irq + softIrq + steal) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}

/**
 * Watches how many cores everybody else keeps busy, the kernel's own work for these processes
 * included; the function that it gives ends the watch.
 */
export async function watchOthers(pids: readonly number[]): Promise<() => Promise<number>> {
  const ours = async (): Promise<number> => {
    const usages = await Promise.all(pids.map(usageOf));
    return usages.reduce((total, { cpuSeconds }) => total + cpuSeconds, 0);
  };
  const startedAt = performance.now();
  const before = (await machineSeconds()) - (await ours());
  return async () => {
    const after = (await machineSeconds()) - (await ours());
    return (after - before) / ((performance.now() - startedAt) / 1000);
  };
}

export interface MemoryWatch extends Disposable {
  /** Resident memory, in MiB, five times a second since the beginning. */
  readonly samplesMiB: readonly number[];
}

export function watchMemory(pid: number): MemoryWatch {
  const samplesMiB: number[] = [];
  const timer = setInterval(() => {
    void usageOf(pid).then(({ residentMiB }) => samplesMiB.push(residentMiB));
  }, SAMPLE_MS);
  return { samplesMiB, [Symbol.dispose]: () => clearInterval(timer) };
}
