import { isIP } from 'node:net';

/** Whom passkeys are for: nobody else's page can ask for them. WebAuthn Level 3 §5.1.2. */
export interface RelyingParty {
  readonly id: string;
  readonly origin: string;
}

/** @returns null where browsers have no passkeys: an address in numbers, or one without TLS that is not this very machine */
export function relyingPartyOf(issuer: string): RelyingParty | null {
  const { hostname, origin, protocol } = new URL(issuer);
  const isHere = hostname === 'localhost' || hostname.endsWith('.localhost');
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || (protocol !== 'https:' && !isHere)) return null;
  return { id: hostname, origin };
}
