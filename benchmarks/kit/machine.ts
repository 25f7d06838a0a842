import { cpus, loadavg, totalmem } from 'node:os';

/** What a figure has to be read with: the machine, the versions, the day, and what else ran. */
export function machine(): string {
  const [cpu] = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  const day = new Date().toISOString().slice(0, 10);
  const load = (loadavg()[0] ?? Number.NaN).toFixed(1);
  return `${day}, ${cpus().length} × ${cpu?.model ?? 'unknown'}, ${gib} GiB, Node ${process.versions.node}, load average ${load}`;
}
