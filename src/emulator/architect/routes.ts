import { PlatformError } from '../http/platform-error.ts';
import { matchesName, pageOf } from '../http/page.ts';
import { any, ok, param, type Call, type Route } from '../http/route.ts';
import type { FlowState, FlowVersionState } from '../world/model.ts';
import type { World } from '../world/world.ts';

/** `/api/v2/flows…`: what a flow is and which inputs it declares. */
export function flowRoutes(world: World): Route[] {
  const read = { scope: 'architect:readonly', permissions: any('architect:flow:view') };
  const one = '/api/v2/flows/{flowId}';
  const noFlow = 'architect.flow.not.found';
  const noVersion = 'architect.flow.version.missing';
  return [
    { ...read, method: 'GET', path: '/api/v2/flows', handle: (call) => ok(listFlows(world, call)) },
    {
      ...read,
      method: 'GET',
      path: one,
      notFoundCodes: [noFlow, noVersion],
      handle: (call) => ok(viewFlow(world, findFlow(world, call))),
    },
    {
      ...read,
      method: 'GET',
      path: `${one}/latestconfiguration`,
      notFoundCodes: ['flow.no.config.available'],
      handle: (call) => ok(configurationOf(findFlow(world, call).versions.at(-1))),
    },
    {
      ...read,
      method: 'GET',
      path: `${one}/versions`,
      notFoundCodes: [noFlow],
      handle: (call) => {
        const flow = findFlow(world, call);
        const versions = flow.versions.map((version) => viewVersion(flow, version));
        return ok(pageOf(versions, call.query, `/api/v2/flows/${flow.id}/versions`));
      },
    },
    {
      ...read,
      method: 'GET',
      path: `${one}/versions/{versionId}`,
      notFoundCodes: [noFlow, noVersion],
      handle: (call) => ok(viewVersion(findFlow(world, call), findVersion(world, call))),
    },
    {
      ...read,
      method: 'GET',
      path: `${one}/versions/{versionId}/configuration`,
      handle: (call) => ok(configurationOf(findVersion(world, call))),
    },
  ];
}

function listFlows(world: World, { query }: Call): unknown {
  const types = query.getAll('type').flatMap((type) => type.toUpperCase().split(','));
  const flows = [...world.flows.values()].filter(
    (flow) =>
      flow.deleted === (query.get('deleted') === 'true') &&
      matchesName(flow.name, query.get('name')) &&
      (types.length === 0 || types.includes(flow.type)),
  );
  const withSchemas = query.get('includeSchemas') === 'true';
  const entities = flows.map((flow) => viewFlow(world, flow, withSchemas));
  return pageOf(entities, query, '/api/v2/flows');
}

const flowError = (status: 404 | 410, code: string, message: string): PlatformError =>
  new PlatformError({ status, code, message });

function findFlow(world: World, call: Call): FlowState {
  const flow = world.flows.get(param(call, 'flowId'));
  if (flow === undefined) throw flowError(404, 'architect.flow.not.found', 'Could not find flow.');
  if (flow.deleted && call.query.get('deleted') !== 'true') {
    throw flowError(410, 'architect.flow.deleted', 'Flow has been deleted.');
  }
  return flow;
}

function findVersion(world: World, call: Call): FlowVersionState {
  const version = findFlow(world, call).versions.find((v) => v.id === param(call, 'versionId'));
  if (version === undefined) {
    throw flowError(404, 'architect.flow.version.missing', 'Could not find flow version.');
  }
  return version;
}

function configurationOf(version: FlowVersionState | undefined): unknown {
  if (version?.configuration === undefined) {
    throw flowError(404, 'flow.no.config.available', 'The flow has no configuration available.');
  }
  return version.configuration;
}

function viewFlow(world: World, flow: FlowState, withSchemas = true): unknown {
  const published = flow.versions.at(-1);
  const shown = published === undefined ? undefined : viewVersion(flow, published, withSchemas);
  return {
    id: flow.id,
    name: flow.name,
    division: { id: flow.divisionId, name: world.divisions.get(flow.divisionId)?.name ?? 'Home' },
    description: flow.description,
    type: flow.type,
    active: !flow.deleted,
    system: false,
    deleted: flow.deleted,
    publishedVersion: shown,
    savedVersion: shown,
    inputSchema: withSchemas ? published?.inputSchema : undefined,
    outputSchema: withSchemas ? published?.outputSchema : undefined,
    virtualAgentEnabled: false,
    selfUri: `/api/v2/flows/${flow.id}`,
  };
}

function viewVersion(flow: FlowState, version: FlowVersionState, withSchemas = true): unknown {
  const selfUri = `/api/v2/flows/${flow.id}/versions/${version.id}`;
  return {
    id: version.id,
    name: flow.name,
    commitVersion: version.id,
    configurationVersion: version.id,
    type: 'PUBLISH',
    secure: false,
    debug: false,
    configurationUri: `${selfUri}/configuration`,
    dateCreated: Math.floor(version.publishedAt),
    datePublished: new Date(version.publishedAt).toISOString(),
    inputSchema: withSchemas ? version.inputSchema : undefined,
    outputSchema: withSchemas ? version.outputSchema : undefined,
    virtualAgentEnabled: false,
    selfUri,
  };
}
