import { SHARED_ANSWERS } from '../answers.ts';
import { route, type Route, type RouteDoc } from '../route.ts';
import { createOpenApi } from '../openapi.ts';

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
          .send(pageOf(others)),
    }),
  ];
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#1b2430}' +
  'code{font:14px ui-monospace,monospace;background:#eef1f5;padding:.1em .3em;border-radius:3px}' +
  'section{border-top:1px solid #d5dbe3;padding:.5rem 0}h2{font-size:1rem;margin:.5rem 0}' +
  'dt{float:left;clear:left;width:4rem;font-weight:600}dd{margin-left:4.5rem}';

/** One page with no script and nothing from anywhere else. */
function pageOf(docs: readonly RouteDoc[]): string {
  const sections = docs.map(
    (doc) =>
      `<section id="${escape(doc.operationId)}"><h2><code>${doc.method} ${escape(doc.path)}</code></h2>` +
      `<p>${toHtml(doc.summary)}. ${toHtml(doc.description ?? '')} ${accessOf(doc)}</p>` +
      `${answerList(Object.entries(doc.answers).map(([status, { description }]) => [status, description]))}</section>`,
  );
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Rapport HTTP interface</title><style>${STYLE}</style>` +
    '<h1>Rapport HTTP interface</h1><p>Every error is a problem document (RFC 9457) with a stable <code>code</code> and a next step. ' +
    'The whole description, with every field, is <a href="/openapi.json">/openapi.json</a>. Beside the answers that are listed with an operation there are those that ' +
    'most of them share:</p>' +
    answerList(Object.entries(SHARED_ANSWERS)) +
    `${sections.join('')}</html>`
  );
}

function answerList(answers: readonly (readonly [string, string])[]): string {
  const items = answers.map(([status, told]) => `<dt>${status}</dt><dd>${toHtml(told)}</dd>`);
  return `<dl>${items.join('')}</dl>`;
}

function accessOf({ access }: RouteDoc): string {
  if (access === 'anyone') return 'Open to anyone.';
  return access === 'own' ? '' : `Needs scope <code>${access}</code>.`;
}

/** Descriptions are written for OpenAPI, as Markdown; of that they use code between backticks, and nothing else. */
function toHtml(description: string): string {
  return escape(description).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replaceAll(/[&<>"]/g, (found) => entities[found] ?? found);
}
