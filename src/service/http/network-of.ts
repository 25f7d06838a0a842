import { isIPv6 } from 'node:net';

/** How many of an IPv6 address's eight groups are somebody's: whoever has one address has a whole /64 of them. */
const OWN_GROUPS = 4;

/** What callers are counted by who are known by nothing but their address. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::', 2);
  const groups = head.split(':');
  if (tail !== undefined) {
    const missing = 8 - groups.length - tail.split(':').length;
    groups.push(...Array.from({ length: Math.max(0, missing) }, () => '0'), ...tail.split(':'));
  }
  return groups
    .slice(0, OWN_GROUPS)
    .map((group) => group || '0')
    .join(':');
}
