import { createHmac, randomBytes } from 'node:crypto';
import type { ConversationId } from '../domain/ids.ts';
import type { Clock } from '../lib/clock.ts';
import { isSafeEqual } from '../lib/safe-equal.ts';
import type { Principal } from './principal.ts';

/** Long enough to open a stream, short enough that a logged URL is worthless; in milliseconds. */
const TICKET_LIFE_MS = 30_000;

/** What a ticket opens: one conversation's stream, or that of all. */
export type TicketTarget =
  | { readonly kind: 'conversation'; readonly conversationId: ConversationId }
  | { readonly kind: 'all' };

/**
 * For whom a ticket was issued: a person's id and until when that is believed, or the name of a key
 * and its hash, since another key may take the name over.
 */
export type TicketBearer =
  | { readonly user: string; readonly until: number }
  | { readonly key: string; readonly hash: string };

export interface TicketsOptions {
  readonly clock: Clock;
  /** The same on every instance, so that one may redeem what another issued. */
  readonly secret: Uint8Array;
  /** True for the first who takes this id within so long, on whichever instance. */
  readonly takeOnce: (id: string, forMs: number) => Promise<boolean>;
  /** Who a ticket is for, by the keys in force; undefined when they may not come any more. */
  readonly recall: (bearer: TicketBearer) => Principal | undefined;
  readonly bytes?: ((count: number) => Uint8Array) | undefined;
}

export interface Ticket {
  readonly ticket: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

type TicketRefusal = 'invalid' | 'expired' | 'used' | 'other-target' | 'revoked';

export type Redemption =
  | { readonly kind: 'redeemed'; readonly principal: Principal }
  | { readonly kind: 'refused'; readonly reason: TicketRefusal };

/**
 * One-use tickets that open a stream: a browser's EventSource can send no header, and a key in a URL
 * would end up in logs. A ticket is signed and says itself for whom and what it is, so any instance
 * may redeem it; that it was is kept where all instances see it, until it would have expired anyway.
 */
export interface Tickets {
  issue(principal: Principal, target: TicketTarget): Ticket;
  redeem(ticket: string, target: TicketTarget): Promise<Redemption>;
}

interface Claims {
  readonly id: string;
  readonly expiresAt: number;
  readonly target: string;
  readonly bearer: TicketBearer;
}

export function createTickets(options: TicketsOptions): Tickets {
  const { clock, secret, takeOnce, recall, bytes = randomBytes } = options;

  const sign = (payload: string): string =>
    createHmac('sha256', secret).update(`rapport-ticket.${payload}`).digest('base64url');

  return {
    issue(principal, target) {
      const claims: Claims = {
        id: Buffer.from(bytes(16)).toString('base64url'),
        expiresAt: clock.wallMs() + TICKET_LIFE_MS,
        target: nameOf(target),
        bearer: bearerOf(principal),
      };
      const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
      return { ticket: `${payload}.${sign(payload)}`, expiresAt: claims.expiresAt };
    },
    async redeem(ticket, target) {
      const [payload = '', signature = ''] = ticket.split('.', 2);
      if (!isSafeEqual(sign(payload), signature)) return { kind: 'refused', reason: 'invalid' };
      // Signed by us: it has the form that `issue` gave it.
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Claims;
      const nowMs = clock.wallMs();
      if (claims.expiresAt <= nowMs) return { kind: 'refused', reason: 'expired' };
      if (claims.target !== nameOf(target)) return { kind: 'refused', reason: 'other-target' };
      if (!(await takeOnce(`ticket:${claims.id}`, TICKET_LIFE_MS))) {
        return { kind: 'refused', reason: 'used' };
      }
      const principal = recall(claims.bearer);
      return principal === undefined
        ? { kind: 'refused', reason: 'revoked' }
        : { kind: 'redeemed', principal };
    },
  };
}

function bearerOf(principal: Principal): TicketBearer {
  return principal.kind === 'user'
    ? { user: principal.userId, until: principal.believedUntil }
    : { key: principal.name, hash: principal.hash };
}

function nameOf(target: TicketTarget): string {
  return target.kind === 'all' ? 'all' : `conversation:${target.conversationId}`;
}
