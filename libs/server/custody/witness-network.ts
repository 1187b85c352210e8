import { BlockList, isIP } from 'node:net';

/** What is not the public internet: this host, private and shared networks, link-local (cloud metadata), benchmarks, multicast, reserved. */
const INTERNAL: readonly (readonly [address: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
  ['::', 96],
  ['64:ff9b::', 32],
  ['100::', 64],
  ['2001::', 23],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
];

/**
 * Where witnesses may be: on the public internet, and in those internal networks that the operator names. Their addresses come from outside,
 * and the worker reaches what nobody outside does.
 */
export class WitnessNetwork {
  private constructor(private readonly allowed: BlockList) {}

  /** @param networks as `127.0.0.0/8,fd00:1::/64`; null for none @throws RangeError that names the one that is not a network */
  static of(networks: string | null): WitnessNetwork {
    const allowed = new BlockList();
    for (const network of (networks ?? '').split(',').filter((part) => part.trim() !== '')) {
      const [address = '', prefix = ''] = network.trim().split('/');
      const family = isIP(address);
      if (family === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > (family === 4 ? 32 : 128))
        throw new RangeError(`"${network.trim()}" is not a network such as 10.1.0.0/16`);
      allowed.addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
    }
    return new WitnessNetwork(allowed);
  }

  /** Whether a witness may have this IP address. */
  mayBeAt(address: string): boolean {
    const family = isIP(address);
    if (family === 0) return false;
    const name = family === 4 ? 'ipv4' : 'ipv6';
    // IPv4 in IPv6 (::ffff:a.b.c.d) is matched by the rules for IPv4.
    return this.allowed.check(address, name) || !internal.check(address, name);
  }

  /** @throws RangeError for a URL whose host is written as an address that no witness may have. A name is looked at when it is resolved. */
  requireMayBeAt(url: string): void {
    const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !this.mayBeAt(host)) throw new RangeError(refusalOf(host));
    if (host === 'localhost' && !this.mayBeAt('127.0.0.1')) throw new RangeError(refusalOf(host));
  }
}

/** In words, for the operator. */
export const refusalOf = (host: string) =>
  `${host} is an internal address: a witness there needs its network in AMANA_WITNESS_NETWORKS`;

const internal = new BlockList();
for (const [address, prefix] of INTERNAL) internal.addSubnet(address, prefix, isIP(address) === 4 ? 'ipv4' : 'ipv6');
