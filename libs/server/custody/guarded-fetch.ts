import { lookup } from 'node:dns';
import { request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import type { Fetch } from './witness-client.js';
import { refusalOf, type WitnessNetwork } from './witness-network.js';

/**
 * Fetches from addresses that the network allows, and from no other: the very address that is connected to is the one that was looked at, so
 * that a name which is resolved otherwise the next time leads nowhere else. A redirect is an answer like any other.
 */
export function guardedFetch(network: WitnessNetwork): Fetch {
  const guarded: LookupFunction = (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const allowed = error ? [] : addresses.filter(({ address }) => network.mayBeAt(address));
      const [first] = allowed;
      if (error) done(error, []);
      else if (!first) done(new Error(refusalOf(hostname)), []);
      else if (options.all) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };
  return async (address, { method = 'GET', body, signal }) => {
    const url = new URL(address);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    // A host that is written as an address is not looked up.
    if (isIP(host) !== 0 && !network.mayBeAt(host)) throw new Error(refusalOf(host));
    const bytes = body === null || body === undefined ? null : Buffer.from(body as Uint8Array);
    const options: RequestOptions = {
      ...{ method, lookup: guarded, ...(signal && { signal }) },
      ...(bytes && { headers: { 'content-length': bytes.length } }),
    };
    return new Promise((resolve, reject) => {
      const sending = (url.protocol === 'https:' ? tlsRequest : plainRequest)(url, options);
      sending.on('response', (answer) => resolve(responseOf(answer)));
      sending.on('error', reject);
      sending.end(bytes ?? undefined);
    });
  };
}

function responseOf(answer: IncomingMessage): Response {
  const { statusCode = 0, headers } = answer;
  const type = headers['content-type'];
  const bodiless = statusCode === 204 || statusCode === 304;
  if (bodiless) answer.resume();
  return new Response(bodiless ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>), {
    status: statusCode >= 200 && statusCode <= 599 ? statusCode : 599,
    headers: type === undefined ? {} : { 'content-type': type },
  });
}
