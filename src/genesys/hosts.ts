import { RapportError } from '../domain/errors.ts';
import { nearMiss } from '../lib/near-miss.ts';

/** Where the platform is reached. URLs have no trailing slash. */
export interface PlatformHosts {
  /** `https://api.mypurecloud.com`; paths such as `/api/v2/…` are appended. */
  readonly apiUrl: string;
  /** `https://login.mypurecloud.com`; the token endpoint is `/oauth/token` under it. */
  readonly loginUrl: string;
  /** Domain of the region; undefined when only URLs were given. */
  readonly domain: string | undefined;
}

export interface HostsOptions {
  readonly region?: string | undefined;
  readonly apiUrl?: string | undefined;
  readonly loginUrl?: string | undefined;
}

/** AWS region to domain. Source: `PureCloudRegionHosts.js` of the platform's JavaScript SDK, checked 2026-11-20. */
export const REGION_DOMAINS: ReadonlyMap<string, string> = new Map([
  ['us-east-1', 'mypurecloud.com'],
  ['us-east-2', 'use2.us-gov-pure.cloud'],
  ['us-west-2', 'usw2.pure.cloud'],
  ['ca-central-1', 'cac1.pure.cloud'],
  ['mx-central-1', 'mxc1.pure.cloud'],
  ['sa-east-1', 'sae1.pure.cloud'],
  ['eu-west-1', 'mypurecloud.ie'],
  ['eu-west-2', 'euw2.pure.cloud'],
  ['eu-central-1', 'mypurecloud.de'],
  ['eu-central-2', 'euc2.pure.cloud'],
  ['eusc-de-east-1', 'edee1.eusc-pure.cloud'],
  ['me-central-1', 'mec1.pure.cloud'],
  ['ap-south-1', 'aps1.pure.cloud'],
  ['ap-southeast-1', 'apse1.pure.cloud'],
  ['ap-southeast-2', 'mypurecloud.com.au'],
  ['ap-northeast-1', 'mypurecloud.jp'],
  ['ap-northeast-2', 'apne2.pure.cloud'],
  ['ap-northeast-3', 'apne3.pure.cloud'],
]);

const DOMAINS: ReadonlySet<string> = new Set(REGION_DOMAINS.values());

/** Prefixes that people copy along with the domain. */
const COPIED_PREFIX = /^(?:https?:\/\/)?(?:(?:api|login|apps|streaming)\.)?/;

/**
 * Finds the domain of a region given as domain (`mypurecloud.de`), AWS region (`eu-central-1`, also
 * with underscores), or one of the domain's own hosts or URLs (`https://login.mypurecloud.de/`).
 */
export function findDomain(region: string): string | undefined {
  const text = region.trim().toLowerCase().replace(COPIED_PREFIX, '').replace(/\/.*$/, '');
  if (DOMAINS.has(text)) return text;
  const direct = REGION_DOMAINS.get(text.replaceAll('_', '-'));
  if (direct !== undefined) return direct;
  // A form from older tutorials: the AWS region in front of the first region's domain.
  const aws = /^([a-z0-9-]+)\.mypurecloud\.com$/.exec(text)?.[1];
  return aws === undefined ? undefined : REGION_DOMAINS.get(aws);
}

/** @throws {RapportError} `ERR_GENESYS_REGION` or `ERR_GENESYS_URL` */
export function resolveHosts(options: HostsOptions): PlatformHosts {
  const apiUrl = options.apiUrl === undefined ? undefined : parseBaseUrl('apiUrl', options.apiUrl);
  const loginUrl =
    options.loginUrl === undefined ? undefined : parseBaseUrl('loginUrl', options.loginUrl);
  if (apiUrl !== undefined) {
    return { apiUrl, loginUrl: loginUrl ?? apiUrl, domain: domainOf(options.region) };
  }
  const domain = domainOf(options.region);
  if (domain === undefined) throw unknownRegion(options.region);
  return {
    apiUrl: `https://api.${domain}`,
    loginUrl: loginUrl ?? `https://login.${domain}`,
    domain,
  };
}

function domainOf(region: string | undefined): string | undefined {
  return region === undefined ? undefined : findDomain(region);
}

function unknownRegion(region: string | undefined): RapportError {
  const known = [...REGION_DOMAINS].map(([aws, domain]) => `${domain} (${aws})`).join(', ');
  const guess =
    region === undefined
      ? undefined
      : nearMiss(region.trim(), [...DOMAINS, ...REGION_DOMAINS.keys()]);
  return new RapportError({
    code: 'ERR_GENESYS_REGION',
    message:
      region === undefined
        ? 'no Genesys Cloud region is given'
        : `${JSON.stringify(region)} is not a Genesys Cloud region`,
    nextStep: `${guess === undefined ? '' : `Did you mean ${guess}? `}Use one of: ${known}. For the emulator or a proxy give apiUrl and loginUrl.`,
    details: { region, guess },
  });
}

function parseBaseUrl(option: string, value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isPlain =
    url !== undefined &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '';
  if (isPlain) return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  throw new RapportError({
    code: 'ERR_GENESYS_URL',
    // The value is not repeated: a URL with a user and password in it is one of the mistakes.
    message: `${option} is not a plain http(s) URL`,
    nextStep: `Give ${option} as http(s)://host[:port][/path], without user, query or fragment.`,
    details: { option },
  });
}
