import { route, type Route, type RouteDoc } from '../route.ts';
import { createOpenApi } from '../docs/openapi.ts';
import { docsPageOf } from '../docs/page.ts';

/** The description of all other routes, for programs and for people. It tells nothing of customers. */
export function docsRoutes(others: readonly RouteDoc[], version: string): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/openapi.json',
      operationId: 'readOpenApi',
      summary: 'This interface, as OpenAPI 3.1',
      access: 'anyone',
      answers: { 200: { description: 'The document.' } },
      handle: () => createOpenApi(others, version),
    }),
    route({
      method: 'GET',
      path: '/docs',
      operationId: 'readDocs',
      summary: 'This interface, as a page',
      access: 'anyone',
      answers: { 200: { description: 'A page.', mediaType: 'text/html' } },
      handle: ({ reply }) =>
        reply
          .type('text/html; charset=utf-8')
          .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
          .send(docsPageOf(others)),
    }),
  ];
}
