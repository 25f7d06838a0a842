import { RapportError } from '../domain/errors.ts';

/** What a caller may do over HTTP. */
export const SCOPES = [
  /** Ask for enrichments. */
  'enrich',
  /** Set attributes as given. */
  'write',
  /** Ask the sources without writing anything. */
  'lookup',
  /** Post events. */
  'events',
  /** Read conversations, their timelines and streams. */
  'read',
  /** Read the values that stand on a conversation. */
  'attributes',
  /** Read counts and latencies. */
  'stats',
  /** List and replay deliveries. */
  'deliveries',
  /** Read the audit log. */
  'audit',
  /** Remove a person. */
  'erase',
  /** Have the configuration read again. */
  'reload',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Whoever sent a request, once it is known. */
export type Principal =
  /** A program with a key. */
  | {
      readonly kind: 'key';
      readonly name: string;
      /** Of the key itself: another key may take the name over. */
      readonly hash: string;
      readonly scopes: ReadonlySet<Scope>;
    }
  /** A person at a desktop, by the platform's user id. Sees only conversations they are on. */
  | {
      readonly kind: 'user';
      readonly userId: string;
      /** Epoch milliseconds: until then the platform's word on their token is believed. */
      readonly believedUntil: number;
    };

/** What must be known of a conversation to say who may see it. */
export interface Attendance {
  /** Platform user ids of everybody who is or was on the conversation. */
  readonly userIds: ReadonlySet<string>;
}

const USER_SCOPES: ReadonlySet<Scope> = new Set(['enrich', 'read', 'attributes']);

/** Whether a principal may do this at all; for one conversation, `maySee` decides further. */
export function may(principal: Principal, scope: Scope): boolean {
  return (principal.kind === 'key' ? principal.scopes : USER_SCOPES).has(scope);
}

/** Whether a principal may read a conversation: a key with `read` any, a person only their own. */
export function maySee(principal: Principal, conversation: Attendance): boolean {
  return principal.kind === 'key'
    ? principal.scopes.has('read')
    : conversation.userIds.has(principal.userId);
}

/** Who a principal is, for the audit log. */
export function actorOf(principal: Principal): string {
  return principal.kind === 'key' ? `key:${principal.name}` : `user:${principal.userId}`;
}

export function notSignedIn(): RapportError {
  return new RapportError({
    code: 'ERR_NOT_SIGNED_IN',
    message: 'this needs a key, and none that is valid was given',
    nextStep: 'Send it as `Authorization: Bearer <key>`; `rapport keys create` makes one.',
    details: { httpStatus: 401 },
  });
}

export function notAllowed(scope: Scope): RapportError {
  return new RapportError({
    code: 'ERR_NOT_ALLOWED',
    message: `this needs the scope ${scope}, and the key does not have it`,
    nextStep: `Use a key with the scope ${scope}, or add it to the key in the configuration.`,
    details: { httpStatus: 403, scope },
  });
}
