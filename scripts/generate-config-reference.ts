import { mkdir, writeFile } from 'node:fs/promises';
import { configJsonSchema } from '../src/config/json-schema.ts';
import { renderReference } from '../src/config/render-reference.ts';

// Writes docs/reference/configuration.md and its JSON Schema from the schemas beside the code.
const folder = new URL('../docs/reference/', import.meta.url);
const schema = configJsonSchema();
await mkdir(folder, { recursive: true });
await writeFile(new URL('configuration.md', folder), renderReference(schema));
await writeFile(
  new URL('configuration.schema.json', folder),
  `${JSON.stringify(schema, undefined, 2)}\n`,
);
