import type { FastifyInstance } from 'fastify';
import type { Feed } from '../../feed/create-feed.ts';
import { whenOver } from './when-over.ts';

/**
 * Lets a server that stops wait for answers under way, and for nothing else. By itself it would also
 * wait for connections on which nothing was ever asked, as browsers open them ahead, and for those
 * that become idle after it has begun to stop.
 */
export function endConnections(app: FastifyInstance, feed: Feed): void {
  let underWay = 0;
  let isClosing = false;
  const endIfAnswered = (): void => {
    if (isClosing && underWay === 0) app.server.closeAllConnections();
  };
  app.addHook('onRequest', async () => {
    underWay += 1;
  });
  whenOver(app, () => {
    underWay -= 1;
    endIfAnswered();
  });
  app.server.on('connection', (socket) => {
    if (isClosing) socket.destroy();
  });
  app.addHook('preClose', async () => {
    // Ended, each reader comes back with its Last-Event-ID, to this address or another instance.
    await feed[Symbol.asyncDispose]();
    isClosing = true;
    endIfAnswered();
  });
}
