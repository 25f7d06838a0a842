import { RapportError } from '../domain/errors.ts';

/**
 * A data action as Genesys Cloud imports it (Admin > Integrations > Actions > Import), for an
 * integration of the type "Web Services Data Actions". Form: the platform's own export files and
 * its `POST /api/v2/integrations/actions`, checked 2026-11-20.
 */
export interface DataActionFile {
  readonly name: string;
  readonly integrationType: 'custom-rest-actions';
  readonly actionType: 'custom';
  readonly config: {
    readonly request: {
      readonly requestUrlTemplate: string;
      readonly requestType: 'POST';
      readonly headers: Readonly<Record<string, string>>;
      /** Velocity; `${input.rawRequest}` is all inputs as one JSON object. */
      readonly requestTemplate: string;
    };
    readonly response: {
      /** JSONPath per variable of the template below. */
      readonly translationMap: Readonly<Record<string, string>>;
      /** What a variable is when its path finds nothing: JSON as text. */
      readonly translationMapDefaults: Readonly<Record<string, string>>;
      /** Velocity; must yield what the output contract says. */
      readonly successTemplate: string;
    };
  };
  readonly contract: {
    readonly input: { readonly inputSchema: FlatSchema };
    readonly output: { readonly successSchema: FlatSchema };
  };
  readonly secure: boolean;
}

/** JSON Schema draft-04, flat: Architect shows nested members under joined names. */
export interface FlatSchema {
  readonly $schema: 'http://json-schema.org/draft-04/schema#';
  readonly title: string;
  readonly type: 'object';
  readonly properties: Readonly<Record<string, FlatProperty>>;
  readonly required?: readonly string[];
  readonly additionalProperties: boolean;
}

interface FlatProperty {
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description: string;
}

export interface DataActionOptions {
  /** Where Genesys Cloud reaches this service: `https://rapport.example`. */
  readonly serviceUrl: string;
  /** Put before the names, so that several installations can be told apart. */
  readonly prefix?: string | undefined;
}

/** One value that comes back: the template's variable, its place in the answer, and its default. */
interface Output extends FlatProperty {
  readonly variable: string;
  readonly path: string;
  readonly fallback: string;
}

/** The name of the credential field of the integration that holds the key. */
const CREDENTIAL = 'apiKey';

const CALLER = {
  externalId: 'The customer’s id in your own systems, when the flow knows it.',
  phone: 'The customer’s number; in a voice flow Call.Ani.',
  email: 'The customer’s e-mail address.',
} as const;

/**
 * The action "look up": the flow waits for the answer and uses it at once; nothing is written.
 * Each mapped attribute is an output of its own, a string, empty when there is no value.
 *
 * @throws {RapportError} `ERR_SERVICE_URL`
 */
export function createLookupAction(
  attributeKeys: readonly string[],
  options: DataActionOptions,
): DataActionFile {
  const status: Output = {
    variable: 'status',
    path: '$.status',
    fallback: '"failed"',
    type: 'string',
    description: 'found, stale, partial, not-found or failed.',
  };
  const taken = new Set([status.variable]);
  const attributes = attributeKeys.map((key): Output => ({
    variable: variableFor(key, taken),
    path: `$.attributes['${key.replaceAll(/['\\]/g, String.raw`\$&`)}']`,
    fallback: '""',
    type: 'string',
    description: `Attribute ${key}; empty when there is no value.`,
  }));
  return createAction('Look up customer', '/v1/lookup', {
    options,
    outputs: [status, ...attributes],
    inputs: {
      properties: {
        conversationId: 'The conversation: Call.ConversationId or Message.ConversationId.',
        ...CALLER,
      },
      // Without it a caller whose number is withheld would be asked for by nothing at all, and that is refused.
      required: ['conversationId'],
    },
  });
}

/**
 * The action "enrich this conversation": answered as soon as the request is durable; the attributes
 * appear on the conversation a moment later, by way of the ordinary enrichment.
 *
 * @throws {RapportError} `ERR_SERVICE_URL`
 */
export function createEnrichAction(options: DataActionOptions): DataActionFile {
  return createAction('Enrich this conversation', '/v1/events', {
    options,
    outputs: [
      {
        variable: 'accepted',
        path: '$.accepted',
        fallback: '0',
        type: 'integer',
        description: 'Requests taken: 1, or 0 when the answer was none.',
      },
    ],
    inputs: {
      properties: {
        conversationId: 'The conversation: Call.ConversationId or Message.ConversationId.',
        participantId: 'Which participant to write to; empty lets the service choose the customer.',
        ...CALLER,
        reason: 'Why, for the timeline.',
        executionId: 'An id of this request: the same again is taken for the same request.',
      },
      required: ['conversationId'],
    },
  });
}

interface ActionParts {
  readonly options: DataActionOptions;
  readonly inputs: {
    readonly properties: Readonly<Record<string, string>>;
    readonly required: readonly string[];
  };
  readonly outputs: readonly Output[];
}

function createAction(title: string, path: string, parts: ActionParts): DataActionFile {
  const { options, inputs, outputs } = parts;
  const { prefix = 'Rapport' } = options;
  const inputSchema = Object.entries(inputs.properties).map(
    ([name, description]) => [name, { type: 'string', description }] as const,
  );
  return {
    name: `${prefix}: ${title}`,
    integrationType: 'custom-rest-actions',
    actionType: 'custom',
    config: {
      request: {
        requestUrlTemplate: `${originOf(options.serviceUrl)}${path}`,
        requestType: 'POST',
        headers: {
          'Content-Type': 'application/json',
          Authorization: `Bearer \${credentials.${CREDENTIAL}}`,
        },
        requestTemplate: '${input.rawRequest}',
      },
      response: {
        translationMap: toRecord(outputs, (output) => output.path),
        translationMapDefaults: toRecord(outputs, (output) => output.fallback),
        successTemplate: `{${outputs.map(({ variable }) => `"${variable}": \${${variable}}`).join(', ')}}`,
      },
    },
    contract: {
      input: {
        inputSchema: {
          ...schema(`${title}: input`),
          properties: Object.fromEntries(inputSchema),
          required: inputs.required,
        },
      },
      output: {
        successSchema: {
          ...schema(`${title}: output`),
          properties: toRecord(outputs, ({ type, description }) => ({ type, description })),
        },
      },
    },
    secure: false,
  };
}

function schema(title: string): Omit<FlatSchema, 'properties'> {
  return {
    $schema: 'http://json-schema.org/draft-04/schema#',
    title,
    type: 'object',
    additionalProperties: true,
  };
}

function toRecord<T>(outputs: readonly Output[], of: (output: Output) => T): Record<string, T> {
  return Object.fromEntries(outputs.map((output) => [output.variable, of(output)]));
}

/**
 * A name that is a Velocity variable and an output of Architect, where a dot would mean nesting:
 * `crm.tier` becomes `crm_tier`.
 */
function variableFor(key: string, taken: Set<string>): string {
  const plain = key.replaceAll(/[^A-Za-z0-9_]+/g, '_').replace(/^(?=[^A-Za-z])/, 'a_');
  let name = plain;
  for (let n = 2; taken.has(name.toLowerCase()); n += 1) name = `${plain}_${n}`;
  taken.add(name.toLowerCase());
  return name;
}

function originOf(serviceUrl: string): string {
  const url = URL.parse(serviceUrl);
  if (url?.protocol === 'https:' && url.username === '' && url.search === '' && url.hash === '') {
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  }
  throw new RapportError({
    code: 'ERR_SERVICE_URL',
    message: `Genesys Cloud calls data actions by https:// only, got ${url === null ? 'no URL' : `${url.protocol}//${url.host}`}`,
    nextStep:
      'Give the address under which the internet reaches this service, such as https://rapport.example.',
  });
}
