import { formatPath, pathKey, valueAt, type Path } from './paths.ts';
import type { RapportConfig } from './schema.ts';
import { isHidden, maskFromOutside, maskUrl } from './secrets.ts';
import type { Position } from './yaml-file.ts';

/** Where the values of a configuration came from. */
export type Origins =
  | { readonly kind: 'environment'; readonly variables: ReadonlyMap<string, string> }
  | {
      readonly kind: 'file';
      readonly at: (path: Path) => Position;
      readonly references: ReadonlyMap<string, string>;
      readonly variables: ReadonlyMap<string, string>;
    };

/** One option in force. */
export interface ExplainedOption {
  readonly path: string;
  /** The value as JSON; secrets are masked, and so is what may be one. */
  readonly value: string;
  /** `default`, `line 12`, `line 12, from CRM_TOKEN`, or `RAPPORT_PORT`. */
  readonly origin: string;
}

export interface Explained {
  readonly config: RapportConfig;
  readonly origins: Origins;
  readonly written: unknown;
}

/** Lists every option in force with its origin, in the order of the schema. */
export function explainConfig({ config, origins, written }: Explained): readonly ExplainedOption[] {
  const options: ExplainedOption[] = [];
  const walk = (value: unknown, path: Path): void => {
    if (value === undefined) return;
    const isLeaf = typeof value !== 'object' || value === null || Object.keys(value).length === 0;
    if (!isLeaf) {
      for (const [key, child] of Object.entries(value))
        walk(child, [...path, Array.isArray(value) ? Number(key) : key]);
      return;
    }
    options.push({
      path: formatPath(path),
      value: show(value, path, isFromOutside(path, origins)),
      origin: originOf(path, origins, written),
    });
  };
  walk(config, []);
  return options;
}

function show(value: unknown, path: Path, fromOutside: boolean): string {
  if (isHidden(path, String(value))) return '•••';
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'undefined';
  return JSON.stringify(fromOutside ? maskFromOutside(path, value) : maskUrl(value));
}

/** Whether a value came, wholly or in part, from a variable or a file of its own. */
function isFromOutside(path: Path, origins: Origins): boolean {
  const key = pathKey(path);
  return origins.variables.has(key) || (origins.kind === 'file' && origins.references.has(key));
}

function originOf(path: Path, origins: Origins, written: unknown): string {
  // A list comes from one variable as a whole.
  const whole = path.slice(
    0,
    path.findIndex((part) => typeof part === 'number'),
  );
  const variable =
    origins.variables.get(pathKey(path)) ??
    (typeof path.at(-1) === 'number' ? origins.variables.get(pathKey(whole)) : undefined);
  if (valueAt(written, path) === undefined) return 'default';
  if (origins.kind === 'environment') return variable ?? 'default mapping';
  if (variable !== undefined) return variable;
  const { line } = origins.at(path);
  const reference = origins.references.get(pathKey(path));
  return `line ${line ?? '?'}${reference === undefined ? '' : `, from ${reference}`}`;
}
