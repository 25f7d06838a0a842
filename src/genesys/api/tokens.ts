import type { CallOptions, PlatformRequest, Requester } from '../request/platform-request.ts';
import { asFields, asText, asTexts, expectFields } from './fields.ts';

/** Whose token it is. */
export interface TokenInfo {
  readonly organizationId: string | undefined;
  readonly organizationName: string | undefined;
  readonly clientId: string | undefined;
  readonly clientName: string | undefined;
  /** `CLIENT-CREDENTIALS`, `CODE`, … */
  readonly grantType: string | undefined;
  readonly scopes: readonly string[];
}

export interface TokensApi {
  /** Needs no permission; scope `user-basic-info`. From the API description of July 2026, read 2026-11-20. */
  me(options?: CallOptions): Promise<TokenInfo>;
}

export function createTokensApi(requester: Requester): TokensApi {
  return {
    async me(options) {
      const request: PlatformRequest = {
        operation: 'getTokensMe',
        method: 'GET',
        path: '/api/v2/tokens/me',
      };
      const fields = expectFields(request, await requester.send(request, options));
      const organization = asFields(fields.get('organization'));
      const client = asFields(fields.get('OAuthClient'));
      return {
        organizationId: asText(organization?.get('id')),
        organizationName: asText(organization?.get('name')),
        clientId: asText(client?.get('id')),
        clientName: asText(client?.get('name')),
        grantType: asText(client?.get('authorizedGrantType')),
        scopes: asTexts(fields.get('authorizedScope')),
      };
    },
  };
}
