import { SHARED_ANSWERS } from '../answers.ts';
import { fieldsOf, typeOf, type Field } from './fields.ts';
import { accessOf, inputSchema, outputSchema, parametersOf } from './openapi.ts';
import type { Answer, RouteDoc } from '../route.ts';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1b2430}' +
  'code,pre{font:14px ui-monospace,monospace;background:#eef1f5;border-radius:3px}code{padding:.1em .3em}' +
  'pre{padding:.6rem .8rem;overflow-x:auto}pre code{padding:0}nav ul{list-style:none;padding:0;columns:2}' +
  'section{border-top:1px solid #d5dbe3;padding:.5rem 0 1rem}h2{font-size:1.05rem;margin:.8rem 0 .5rem}' +
  'table{border-collapse:collapse;margin:.6rem 0;width:100%}td,th{text-align:left;vertical-align:top;padding:.15rem .8rem .15rem 0}' +
  'th{font-weight:600;font-size:.85rem;color:#5b6675}td{border-top:1px solid #eef1f5}' +
  'dl{margin:.6rem 0}dt{float:left;clear:left;width:4rem;font-weight:600}dd{margin-left:4.5rem}';

/** One page with no script and nothing from anywhere else. */
export function docsPageOf(docs: readonly RouteDoc[]): string {
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>Rapport HTTP interface</title><style>${STYLE}</style><h1>Rapport HTTP interface</h1>` +
    '<p>For programs the same is told by <a href="/openapi.json">/openapi.json</a>. In the examples <code>$RAPPORT_URL</code> is the ' +
    'address of this service, and <code>$RAPPORT_API_KEY</code> a key with the scope that the operation needs. What has a * must be there.</p>' +
    indexOf(docs) +
    '<p>Every error is a problem document (RFC 9457) with a stable <code>code</code> and a next step. Beside the answers that ' +
    'are listed with an operation there are those that most of them share:</p>' +
    answerList(Object.entries(SHARED_ANSWERS).map(([status, told]) => [status, toHtml(told)])) +
    `${docs.map(sectionOf).join('')}</html>`
  );
}

function indexOf(docs: readonly RouteDoc[]): string {
  const items = docs.map(
    ({ operationId, method, path }) =>
      `<li><a href="#${escape(operationId)}"><code>${method} ${escape(path)}</code></a></li>`,
  );
  return `<nav><ul>${items.join('')}</ul></nav>`;
}

function sectionOf(doc: RouteDoc): string {
  const open = doc.access === 'anyone' ? 'Open to anyone.' : undefined;
  const told = [`${doc.summary}.`, doc.description, open ?? accessOf(doc)].filter(
    (text) => text !== undefined,
  );
  const answers = Object.entries(doc.answers).map(
    ([status, answer]) => [status, answerOf(answer)] as const,
  );
  return (
    `<section id="${escape(doc.operationId)}"><h2><code>${doc.method} ${escape(doc.path)}</code></h2>` +
    `<p>${toHtml(told.join(' '))}</p>${takenTable(takenBy(doc))}${exampleOf(doc)}${answerList(answers)}</section>`
  );
}

interface Taken extends Field {
  readonly where: string;
}

/** Everything that a request may bring: path, headers, query, body. */
function takenBy(doc: RouteDoc): readonly Taken[] {
  const parameters = parametersOf(doc).map((parameter) => ({
    name: parameter.name,
    where: parameter.in,
    type: typeOf(parameter.schema),
    isRequired: parameter.required === true,
    told: parameter.description ?? '',
  }));
  const body = doc.body === undefined ? [] : fieldsOf(inputSchema(doc.body));
  return [...parameters, ...body.map((field) => ({ ...field, where: 'body' }))];
}

function takenTable(taken: readonly Taken[]): string {
  if (taken.length === 0) return '';
  const rows = taken.map(
    ({ where, ...field }) => `<tr>${nameCell(field)}<td>${where}</td>${typeCells(field)}</tr>`,
  );
  return `<table><tr><th>takes</th><th>in</th><th>type</th><th></th></tr>${rows.join('')}</table>`;
}

function nameCell({ name, isRequired }: Field): string {
  return `<td><code>${escape(name)}</code>${isRequired ? ' *' : ''}</td>`;
}

const typeCells = ({ type, told }: Field): string =>
  `<td>${escape(type)}</td><td>${toHtml(told)}</td>`;

/** How it is called from a shell. */
function exampleOf({ method, path, access, isStream = false, example }: RouteDoc): string {
  // What comes in a stream is to be shown at once.
  const how = `${isStream ? '-N ' : ''}${method === 'GET' ? '' : `-X ${method} `}`;
  const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`);
  const lines = [
    `curl ${how}"$RAPPORT_URL${address}"`,
    ...(access === 'anyone' ? [] : ['-H "Authorization: Bearer $RAPPORT_API_KEY"']),
    ...(example === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(example)}'`]),
  ];
  return `<pre><code>${escape(lines.join(' \\\n  '))}</code></pre>`;
}

function answerOf({ description, schema }: Answer): string {
  const fields = schema === undefined ? [] : fieldsOf(outputSchema(schema));
  if (fields.length === 0) return toHtml(description);
  const rows = fields.map((field) => `<tr>${nameCell(field)}${typeCells(field)}</tr>`);
  return `${toHtml(description)}<details><summary>fields</summary><table>${rows.join('')}</table></details>`;
}

/** Of statuses and what is told of each, in HTML. */
function answerList(answers: readonly (readonly [string, string])[]): string {
  const items = answers.map(([status, told]) => `<dt>${status}</dt><dd>${told}</dd>`);
  return `<dl>${items.join('')}</dl>`;
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
