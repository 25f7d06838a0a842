import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

/** ISO 8601 `start/end`, the one format of the contract that JSON Schema does not know. */
const INTERVAL = /^\S+\/\S+$/;

const URI_REFERENCE = /^\S*$/;

export function createAjv(): Ajv {
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    logger: false,
    // Every process of a run compiles the schemas anew, which without these takes twice the time.
    inlineRefs: false,
    code: { optimize: false },
  });
  formats.default(ajv);
  ajv.addFormat('interval', INTERVAL);
  // The contract says `uri` where the platform's own samples have `/api/v2/…`, relative to its host.
  ajv.addFormat('uri', URI_REFERENCE);
  return ajv;
}

/** What is wrong with `value`, one line per finding; never the value itself, which may be long. */
export function problemsOf(validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => {
    const named: unknown = error.params['additionalProperty'] ?? error.params['allowedValues'];
    const detail = named === undefined ? '' : ` (${JSON.stringify(named)})`;
    return `body${error.instancePath}: ${error.message ?? error.keyword}${detail}`;
  });
}
