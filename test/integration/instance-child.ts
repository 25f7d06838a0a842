/*
 * What `rapport serve` runs, but for the time in which it is believed to live: a test need not wait
 * the ten seconds in which a dead instance is taken over.
 */
import { readFile } from 'node:fs/promises';
import { configSchema } from '../../src/config/schema.ts';
import type { BeatTiming } from '../../src/engine/instance.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { startService } from '../../src/service/app.ts';

const [file = '', beatTiming = ''] = process.argv.slice(2);
const text = await readFile(file, 'utf8');
const config = text.replace(/\$\{(\w+)\}/g, (_, name: string) => process.env[name] ?? '');
const service = await startService(configSchema.parse(JSON.parse(config)), {
  clock: systemClock,
  random: Math.random,
  log: silentLog,
  beatTiming: JSON.parse(beatTiming) as BeatTiming,
});
await service.live;
process.stderr.write(`${JSON.stringify({ event: 'service.listening', url: service.url })}\n`);
