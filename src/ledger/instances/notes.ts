import { maybeText } from '../sql/codec.ts';
import { query, type Bind } from '../sql/statement.ts';
import type { Store } from '../sql/store.ts';

/** What instances tell each other through the store; a few short texts, by name. */
export interface Notes {
  read(name: string): Promise<string | undefined>;
  write(name: string, value: string): Promise<void>;
  /** True for the first who asks, whichever instance it is, false for everybody after within `forMs`. */
  takeOnce(name: string, forMs: number): Promise<boolean>;
}

const readNote: Bind<{ name: string }> = query(
  'note.read',
  `select value from setting where name = cast(:name as text)`,
);

const writeNote: Bind<{ name: string; value: string }> = query(
  'note.write',
  `insert into setting (name, value) values (:name, :value)
   on conflict (name) do update set value = excluded.value`,
);

const forgetTaken: Bind = query(
  'note.forgetTaken',
  `delete from setting where name like 'once:%' and cast(value as bigint) <= :now`,
);

const take: Bind<{ name: string; forMs: number }> = query(
  'note.take',
  `insert into setting (name, value)
   values (:name, cast(:now + cast(:forMs as bigint) as text))
   on conflict do nothing returning name`,
);

/** How often what was taken is looked through for what is over, in milliseconds. */
const FORGET_MS = 10_000;

const noteName = (name: string): string => `note:${name}`;

export function createNotes(store: Store): Notes {
  let forgetAt = 0;
  return {
    async read(name) {
      const row = (await store.read(readNote({ name: noteName(name) })))[0];
      return row && maybeText(row, 'value');
    },
    async write(name, value) {
      await store.run([writeNote({ name: noteName(name), value })]);
    },
    async takeOnce(name, forMs) {
      const now = store.now();
      const isDue = now >= forgetAt;
      if (isDue) forgetAt = now + FORGET_MS;
      const taking = take({ name: `once:${name}`, forMs });
      const result = await store.run(isDue ? [forgetTaken({}), taking] : [taking]);
      return result !== 'refused' && (result.at(-1)?.length ?? 0) > 0;
    },
  };
}
