import { asFields, asText, type Fields } from '../../domain/fields.ts';
import {
  apiPath,
  type CallOptions,
  type PlatformRequest,
  type Requester,
} from '../request/platform-request.ts';
import { expectFields, expectText } from './fields.ts';
import { listPages } from './paging.ts';

export interface Flow {
  readonly id: string;
  readonly name: string | undefined;
  readonly type: string | undefined;
  /** The version that callers meet; undefined when none is published. */
  readonly publishedVersionId: string | undefined;
  /** JSON schema of the inputs, as the platform keeps it; undefined when the flow declares none. */
  readonly inputSchema: unknown;
  /** The whole answer, for forms that only tutorials know. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Permissions in this file are those of the platform's API description of July 2026, read 2026-11-20. */
export interface FlowsApi {
  /** Needs permission `architect:flow:view`; scope `architect` or `architect:readonly`. */
  get(flowId: string, options?: CallOptions): Promise<Flow>;
  /** Reads one version. Needs permission `architect:flow:view`; scope `architect` or `architect:readonly`. */
  getVersion(flowId: string, versionId: string, options?: CallOptions): Promise<Flow>;
  /** Lists flows by name (`*` is a wildcard), or all. Needs permission `architect:flow:view`. */
  list(
    filter: { readonly name?: string | undefined },
    options?: CallOptions,
  ): Promise<readonly Flow[]>;
}

export function createFlowsApi(requester: Requester): FlowsApi {
  return {
    async get(flowId, options) {
      const request: PlatformRequest = {
        operation: 'getFlow',
        method: 'GET',
        path: apiPath`/api/v2/flows/${flowId}`,
      };
      const answer = await requester.send(request, options);
      const fields = expectFields(request, answer);
      expectText(fields, 'id', { request, answer });
      return toFlow(fields);
    },
    async getVersion(flowId, versionId, options) {
      const request: PlatformRequest = {
        operation: 'getFlowVersion',
        method: 'GET',
        path: apiPath`/api/v2/flows/${flowId}/versions/${versionId}`,
      };
      const fields = expectFields(request, await requester.send(request, options));
      return { ...toFlow(fields), id: flowId, publishedVersionId: versionId };
    },
    async list(filter, options) {
      const flows: Flow[] = [];
      const request: PlatformRequest = {
        operation: 'getFlows',
        method: 'GET',
        path: '/api/v2/flows',
        query: { name: filter.name },
      };
      for await (const fields of listPages(requester, request, options)) flows.push(toFlow(fields));
      return flows;
    },
  };
}

function toFlow(fields: Fields): Flow {
  const published = asFields(fields['publishedVersion']);
  return {
    id: asText(fields['id']) ?? '',
    name: asText(fields['name']),
    type: asText(fields['type']),
    publishedVersionId: asText(published?.['id']),
    inputSchema: fields['inputSchema'] ?? published?.['inputSchema'] ?? undefined,
    raw: fields,
  };
}
