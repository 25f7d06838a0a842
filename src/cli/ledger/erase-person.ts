import type { EraseOrder } from '../../ledger/erase/erase.ts';
import { loadCliConfig, type ConfigFlags } from '../configuration/load-configuration.ts';
import { createPaint, type CliIo } from '../terminal/io.ts';
import { changeLedger } from './ledger-access.ts';
import { right, table } from '../terminal/table.ts';

export interface EraseFlags extends ConfigFlags {
  readonly phone?: string;
  readonly customer?: string;
  readonly linked?: boolean;
}

/** What each count is, in the order in which they are shown. */
const COUNTS: readonly (readonly [name: string, title: string])[] = [
  ['conversations', 'conversations'],
  ['requests', 'open requests emptied'],
  ['messages', 'webhook messages emptied'],
  ['feedEvents', 'feed events'],
  ['entries', 'attribute states'],
  ['auditRows', 'audit rows made meaningless'],
  ['remembered', 'things in the service’s memory'],
];

export async function erasePerson(flags: EraseFlags, io: CliIo): Promise<void> {
  const { phone, customer, linked } = flags;
  const order: EraseOrder = {
    persons: [
      ...(phone === undefined ? [] : [{ kind: 'phone', value: phone } as const]),
      ...(customer === undefined ? [] : [{ kind: 'customer', value: customer } as const]),
    ],
    linked,
    actor: 'command line',
  };
  const erased: unknown = await changeLedger<unknown>(loadCliConfig(flags, io), {
    direct: (ledger) => ledger.erase(order),
    throughService: (service) => service.post('/v1/erasures', { phone, customer, linked }),
  });
  if (flags.json === true || typeof erased !== 'object' || erased === null) {
    io.out(`${JSON.stringify(erased, null, 2)}\n`);
    return;
  }
  const counts = new Map(Object.entries(erased));
  const count = (name: string): number => Number(counts.get(name) ?? 0);
  const rows = COUNTS.map(([name, title]) => [title, String(count(name))]);
  io.out(`${table(['removed', right('count')], rows, createPaint(io))}\n`);
  for (const remark of remarks(count)) io.out(`${remark}\n`);
}

function remarks(count: (name: string) => number): readonly string[] {
  const [instances, busy, linked] = [count('instances'), count('busy'), count('linked')];
  return [
    ...(instances > 0
      ? [`Running services that forget what they remember within seconds: ${instances}.`]
      : []),
    ...(busy > 0
      ? [
          `Conversations that are being worked on and may write anew: ${busy}. Erase again once they are over.`,
        ]
      : []),
    ...(linked > 0
      ? [
          `Conversations that share another key of theirs, left as they are: ${linked}. Erase by that key, or with --linked.`,
        ]
      : []),
  ];
}
