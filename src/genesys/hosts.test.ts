import { describe, expect, it } from 'vitest';
import { findDomain, resolveHosts, REGION_DOMAINS } from './hosts.ts';

describe('resolveHosts', () => {
  it.each([...REGION_DOMAINS])('takes %s and %s alike', (aws, domain) => {
    const expected = {
      apiUrl: `https://api.${domain}`,
      loginUrl: `https://login.${domain}`,
      domain,
    };
    expect(resolveHosts({ region: aws })).toEqual(expected);
    expect(resolveHosts({ region: aws.replaceAll('-', '_').toUpperCase() })).toEqual(expected);
    expect(resolveHosts({ region: domain })).toEqual(expected);
  });

  it.each([
    'api.mypurecloud.de',
    'https://login.mypurecloud.de/',
    ' MyPureCloud.de ',
    'https://apps.mypurecloud.de/directory',
  ])('understands the copied form %s', (region) => {
    expect(resolveHosts({ region }).domain).toBe('mypurecloud.de');
  });

  it('understands the AWS region in front of the first domain', () => {
    expect(findDomain('https://us-east-1.mypurecloud.com')).toBe('mypurecloud.com');
    expect(findDomain('eu-west-1.mypurecloud.com')).toBe('mypurecloud.ie');
  });

  it.each([
    ['mypurecloud.con', 'mypurecloud.com'],
    ['eu-centrall-1', 'eu-central-1'],
    ['usw2.pure.clud', 'usw2.pure.cloud'],
  ])('suggests for %s the region %s', (region, guess) => {
    expect(() => resolveHosts({ region })).toThrow(
      expect.objectContaining({
        code: 'ERR_GENESYS_REGION',
        nextStep: expect.stringContaining(`Did you mean ${guess}?`),
      }),
    );
  });

  it('suggests nothing for what is like no region', () => {
    expect(() => resolveHosts({ region: 'example.org' })).toThrow(
      expect.objectContaining({ nextStep: expect.not.stringContaining('Did you mean') }),
    );
  });

  it('lets apiUrl stand for the login too', () => {
    expect(resolveHosts({ apiUrl: 'http://127.0.0.1:7070/gateway/' })).toEqual({
      apiUrl: 'http://127.0.0.1:7070/gateway',
      loginUrl: 'http://127.0.0.1:7070/gateway',
      domain: undefined,
    });
  });

  it.each(['ftp://x', 'not a url', 'https://user:pass@x', 'https://x/?a=b'])(
    'refuses the URL %s without repeating it',
    (apiUrl) => {
      expect(() => resolveHosts({ apiUrl })).toThrow(
        expect.objectContaining({
          code: 'ERR_GENESYS_URL',
          message: expect.not.stringContaining(apiUrl),
        }),
      );
    },
  );
});
