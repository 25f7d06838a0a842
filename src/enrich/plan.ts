import { RapportError } from '../domain/errors.ts';
import { canonicalize } from './mapping/canonical.ts';
import { nearMiss } from '../lib/near-miss.ts';
import { compileExpression, type Expression } from './expression/expression.ts';
import type { KeySource, KnownKeySource } from './customer/identify.ts';
import type { AttributePlan } from './mapping/map.ts';
import type { AttributeOptions, CustomerOptions, FlowOptions, LimitOptions } from './options.ts';
import { checkKey } from './mapping/validate.ts';

/** The options of an enrichment, as the configuration gives them. */
export interface EnrichOptions {
  readonly customer: CustomerOptions;
  /** The names of the configured sources. */
  readonly sources: readonly string[];
  /** The key preferences of the sources that have their own. */
  readonly sourceKeys?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly attributes: Readonly<Record<string, AttributeOptions>>;
  readonly limits: LimitOptions;
  readonly flow?: FlowOptions | undefined;
  /** Put before every key of the mapping. */
  readonly prefix?: string | undefined;
  /** A key that tells how the lookup went: `found`, `stale`, `not-found` or `failed`. */
  readonly statusKey?: string | undefined;
}

/** An enrichment compiled: everything that can be wrong with its configuration has been found. */
export interface EnrichPlan {
  readonly keys: readonly KeySource[];
  /** For the sources that are asked by a key of their own. */
  readonly sourceKeys: ReadonlyMap<string, readonly KeySource[]>;
  readonly defaultCountry: string | undefined;
  readonly attributes: readonly AttributePlan[];
  /** The sources that at least one attribute reads. */
  readonly sources: readonly string[];
  readonly limits: LimitOptions;
  readonly flow: FlowOptions | undefined;
  readonly statusKey: string | undefined;
}

export interface PlanProblem {
  /** Where in the configuration: `['attributes', 'crm.tier', 'from']`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Compiles what is configured, or says everything that is wrong with it. */
export function planEnrichment(
  options: EnrichOptions,
): EnrichPlan | { readonly problems: readonly PlanProblem[] } {
  const problems: PlanProblem[] = [];
  const attempt = <T>(path: PlanProblem['path'], compile: () => T): T | undefined => {
    try {
      return compile();
    } catch (error) {
      if (!(error instanceof RapportError)) throw error;
      problems.push({ path, message: error.message });
      return undefined;
    }
  };
  const parseKeys = (texts: readonly string[], path: readonly string[]): readonly KeySource[] =>
    texts.flatMap((text, i) => attempt([...path, i], () => parseKeySource(text)) ?? []);
  const keys = parseKeys(options.customer.key, ['customer', 'key']);
  const sourceKeys = new Map(
    Object.entries(options.sourceKeys ?? {}).map(([source, texts]) => [
      source,
      parseKeys(texts, ['sources', source, 'key']),
    ]),
  );
  const attributes = Object.entries(options.attributes).flatMap(([name, attribute]) => {
    const key = (options.prefix ?? '') + name;
    problems.push(...attributeProblems(name, key, attribute, options));
    const expression = attempt(['attributes', name, 'from'], () =>
      compileExpression(attribute.from),
    );
    if (expression === undefined) return [];
    problems.push(...unknownSources(name, expression, options.sources));
    const { roots, readsWhole } = expression;
    const sources = options.sources.filter((source) => readsWhole || roots.has(source));
    return [{ key, options: attribute, expression, sources }];
  });
  if (problems.length > 0) return { problems };
  const used = new Set(attributes.flatMap(({ sources }) => sources));
  return {
    keys,
    sourceKeys,
    defaultCountry: options.customer.defaultCountry,
    attributes,
    sources: options.sources.filter((source) => used.has(source)),
    limits: options.limits,
    flow: options.flow,
    statusKey: options.statusKey,
  };
}

function parseKeySource(text: string): KeySource {
  const colon = text.indexOf(':');
  if (colon < 0) return { kind: text as KnownKeySource }; // The options' schema knows no other word.
  const rest = text.slice(colon + 1);
  return text.startsWith('attribute:')
    ? { kind: 'attribute', attribute: rest }
    : { kind: 'expression', expression: compileExpression(rest) };
}

function unknownSources(
  name: string,
  { roots }: Expression,
  sources: readonly string[],
): PlanProblem[] {
  return [...roots]
    .filter((root) => !sources.includes(root))
    .map((root) => {
      const near = nearMiss(root, sources);
      const hint =
        near === undefined ? `there are: ${sources.join(', ') || 'none'}` : `did you mean ${near}?`;
      return {
        path: ['attributes', name, 'from'],
        message: `reads ${root}, which is no source; ${hint}`,
      };
    });
}

function attributeProblems(
  name: string,
  key: string,
  attribute: AttributeOptions,
  { limits }: EnrichOptions,
): PlanProblem[] {
  const problems: PlanProblem[] = [];
  const refusal = checkKey(key, limits);
  if (refusal !== undefined)
    problems.push({
      path: ['attributes', name],
      message: `key ${JSON.stringify(key)} is refused: ${refusal.detail}`,
    });
  if ((attribute.type === 'enum') !== (attribute.values !== undefined)) {
    problems.push({
      path: ['attributes', name, 'values'],
      message: 'type enum and values belong together',
    });
    return problems;
  }
  if (attribute.default === undefined) return problems;
  const canonical = canonicalize(attribute.default, attribute);
  if (canonical.kind === 'mismatch') {
    problems.push({
      path: ['attributes', name, 'default'],
      message: `expected ${canonical.hint} (type ${attribute.type}), found ${canonical.actual}`,
    });
  }
  return problems;
}
