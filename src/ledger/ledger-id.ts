import { createHmac } from 'node:crypto';

/** Tells one ledger from another, and nothing else: neither its key nor what is in it. */
export function ledgerIdOf(installationKey: Uint8Array): string {
  return createHmac('sha256', installationKey).update('rapport-ledger').digest('base64url');
}
