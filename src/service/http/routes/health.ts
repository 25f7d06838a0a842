import { z } from 'zod';
import type { HttpRooms } from '../rooms.ts';
import { route, type Route } from '../route.ts';

const alive = z.object({
  status: z.literal('alive'),
  ledger: z.string().describe('Of which ledger it is the service; the same for all its instances.'),
});
const unready = z.object({ status: z.literal('not ready'), missing: z.array(z.string()) });

/** For load balancers; tells nothing about customers. */
export function healthRoutes(rooms: HttpRooms): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/healthz',
      operationId: 'isAlive',
      summary: 'Whether the process answers',
      access: 'anyone',
      answers: { 200: { description: 'It does.', schema: alive } },
      handle: () => ({ status: 'alive', ledger: rooms.ledgerId }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      operationId: 'isReady',
      summary: 'Whether it can do its work',
      access: 'anyone',
      answers: {
        200: { description: 'It can.', schema: z.object({ status: z.literal('ready') }) },
        503: { description: 'Something is missing, and what.', schema: unready },
      },
      handle: ({ reply }) => {
        const missing = rooms.unreadiness();
        if (missing.length === 0) return { status: 'ready' };
        void reply.code(503);
        return { status: 'not ready', missing };
      },
    }),
  ];
}
