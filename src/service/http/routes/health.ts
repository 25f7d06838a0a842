import type { FastifyInstance } from 'fastify';
import type { HttpRooms } from '../rooms.ts';

export function addHealthRoutes(app: FastifyInstance, rooms: HttpRooms): void {
  app.get('/healthz', () => ({ status: 'alive' }));
  app.get('/readyz', (_request, reply) => {
    const missing = rooms.unreadiness();
    if (missing.length === 0) return { status: 'ready' };
    return reply.code(503).send({ status: 'not ready', missing });
  });
}
