import { textTable } from '../../lib/text-table.ts';
import type { PersonKey } from '../../ledger/turn.ts';
import { loadCliConfig, type ConfigFlags } from '../configuration/load-configuration.ts';
import type { CliIo } from '../terminal/io.ts';
import { changeLedger } from './ledger-access.ts';

export async function erasePerson(
  flags: ConfigFlags & { readonly phone?: string; readonly customer?: string },
  io: CliIo,
): Promise<void> {
  const person: PersonKey =
    flags.phone === undefined
      ? { kind: 'customer', value: flags.customer ?? '' }
      : { kind: 'phone', value: flags.phone };
  const erased: unknown = await changeLedger<unknown>(loadCliConfig(flags, io), {
    direct: (ledger) => ledger.erase(person),
    throughService: (service) => service.post('/v1/erasures', { [person.kind]: person.value }),
  });
  if (flags.json === true || typeof erased !== 'object' || erased === null) {
    io.out(`${JSON.stringify(erased, null, 2)}\n`);
    return;
  }
  const rows = Object.entries(erased).map(([what, count]) => [what, String(count)]);
  io.out(`${textTable([{ title: 'removed' }, { title: 'count', align: 'right' }], rows)}\n`);
}
