import { INSTANCE_HEADER } from '../emulated-platform.ts';

/** The key that turns under test write. */
export const KEY = 'rapport.state';

export interface StubPlatformOptions {
  readonly apiUrl: string;
  readonly token: string;
  readonly instance: string;
  /** The customer of each conversation. */
  readonly customers: Readonly<Record<string, string>>;
}

/** What a stub of a turn does with the outer world. */
export interface StubPlatform {
  read(conversationId: string): Promise<string | undefined>;
  write(conversationId: string, value: string): Promise<void>;
}

/** The platform as the stub of a turn needs it: one key of one participant. */
export function createStubPlatform(options: StubPlatformOptions): StubPlatform {
  const { apiUrl, token, instance, customers } = options;
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    [INSTANCE_HEADER]: instance,
  };
  const customerOf = (id: string): string => customers[id] ?? '';
  const at = (id: string): string => `${apiUrl}/api/v2/conversations/${id}`;
  return {
    async read(id) {
      const response = await fetch(at(id), { headers });
      if (!response.ok) throw new Error(`the platform answered ${response.status} to a read`);
      const { participants } = (await response.json()) as {
        participants: readonly { id: string; attributes?: Record<string, string> }[];
      };
      const customer = participants.find((participant) => participant.id === customerOf(id));
      return customer?.attributes?.[KEY];
    },
    async write(id, value) {
      const url = `${at(id)}/participants/${customerOf(id)}/attributes`;
      const body = JSON.stringify({ attributes: { [KEY]: value } });
      const response = await fetch(url, { method: 'PATCH', headers, body });
      if (!response.ok) throw new Error(`the platform answered ${response.status} to a write`);
    },
  };
}
