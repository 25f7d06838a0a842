import { asFields, asText } from '../../domain/fields.ts';
import type { CallOptions, PlatformRequest, Requester } from '../request/platform-request.ts';
import { asTexts, expectFields } from './fields.ts';

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
      const organization = asFields(fields['organization']);
      const client = asFields(fields['OAuthClient']);
      return {
        organizationId: asText(organization?.['id']),
        organizationName: asText(organization?.['name']),
        clientId: asText(client?.['id']),
        clientName: asText(client?.['name']),
        grantType: asText(client?.['authorizedGrantType']),
        scopes: asTexts(fields['authorizedScope']),
      };
    },
  };
}
