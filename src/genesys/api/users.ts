import { RapportError } from '../../domain/errors.ts';
import { asFields, asText, type Fields } from '../../domain/fields.ts';
import { isPlatformError } from '../errors.ts';
import type { ForeignRequester } from '../request/foreign-requester.ts';
import {
  apiPath,
  type CallOptions,
  type PlatformRequest,
  type Requester,
} from '../request/platform-request.ts';
import { asList, expectFields, expectText } from './fields.ts';

export interface User {
  readonly id: string;
  readonly name: string | undefined;
  readonly email: string | undefined;
}

/** Who a user's token belongs to. */
export interface Me extends User {
  readonly organizationId: string | undefined;
}

/** Permissions in this file are those of the platform's API description of July 2026, read 2026-11-20. */
export interface UsersApi {
  /** Needs no permission; scope `users` or `users:readonly`. */
  get(userId: string, options?: CallOptions): Promise<User>;
  /**
   * The user of that id, or else of exactly that name or e-mail address.
   *
   * Needs no permission; scope `users:readonly`.
   * @throws {RapportError} `ERR_GENESYS_NO_SUCH_USER`
   */
  find(idNameOrEmail: string, options?: CallOptions): Promise<User>;
  /** The user of the client's token; 400 `not.a.user` for a service's. Scope `user-basic-info`. */
  me(options?: CallOptions): Promise<Me>;
  /**
   * The id of the user whose own token this is; undefined when it is nobody's, or a service's. Asked
   * with that token, once, and at no cost to our rate budget. Scope `user-basic-info`, of that token.
   * @throws {PlatformError} when the platform does not say
   */
  ownerOf(token: string, signal: AbortSignal): Promise<string | undefined>;
}

const ME = '/api/v2/users/me';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function createUsersApi(requester: Requester, foreign: ForeignRequester): UsersApi {
  const api: UsersApi = {
    async get(userId, options) {
      const request: PlatformRequest = {
        operation: 'getUser',
        method: 'GET',
        path: apiPath`/api/v2/users/${userId}`,
      };
      const answer = await requester.send(request, options);
      const fields = expectFields(request, answer);
      expectText(fields, 'id', { request, answer });
      return toUser(fields);
    },
    async find(idNameOrEmail, options) {
      if (UUID.test(idNameOrEmail)) return api.get(idNameOrEmail, options);
      const found = await search(requester, idNameOrEmail, options);
      const wanted = idNameOrEmail.toLowerCase();
      const user = found.find(
        ({ name, email }) => name?.toLowerCase() === wanted || email?.toLowerCase() === wanted,
      );
      if (user !== undefined) return user;
      throw noSuchUser(idNameOrEmail, found);
    },
    async me(options) {
      const request: PlatformRequest = {
        operation: 'getUsersMe',
        method: 'GET',
        path: ME,
        query: { expand: 'organization' },
      };
      const fields = expectFields(request, await requester.send(request, options));
      const organization = asFields(fields['organization']);
      return { ...toUser(fields), organizationId: asText(organization?.['id']) };
    },
    async ownerOf(token, signal) {
      try {
        const { body } = await foreign.get({ operation: 'getUsersMe', path: ME }, token, signal);
        return asText(asFields(body)?.['id']);
      } catch (error) {
        if (isPlatformError(error) && isNobodys(error.status)) return undefined;
        throw error;
      }
    },
  };
  return api;
}

/** Told of the token by a 4xx; 429 says nothing of it. */
const isNobodys = (status: number | undefined): boolean =>
  status !== undefined && status >= 400 && status < 500 && status !== 429;

async function search(
  requester: Requester,
  value: string,
  options?: CallOptions,
): Promise<readonly User[]> {
  const request: PlatformRequest = {
    operation: 'postUsersSearch',
    method: 'POST',
    path: '/api/v2/users/search',
    body: { pageSize: 25, query: [{ type: 'CONTAINS', fields: ['name', 'email'], value }] },
    isRepeatable: true,
  };
  const fields = expectFields(request, await requester.send(request, options));
  return asList(fields['results']).flatMap((item) => {
    const user = asFields(item);
    return user === undefined ? [] : [toUser(user)];
  });
}

function toUser(fields: Fields): User {
  return {
    id: asText(fields['id']) ?? '',
    name: asText(fields['name']),
    email: asText(fields['email']),
  };
}

function noSuchUser(wanted: string, near: readonly User[]): RapportError {
  const names = near.slice(0, 5).flatMap(({ name }) => name ?? []);
  return new RapportError({
    code: 'ERR_GENESYS_NO_SUCH_USER',
    message: `no user has the id, name or e-mail address ${JSON.stringify(wanted)}`,
    nextStep: `${names.length === 0 ? '' : `Similar: ${names.join(', ')}. `}Give the user's id or e-mail address.`,
    details: { wanted },
  });
}
