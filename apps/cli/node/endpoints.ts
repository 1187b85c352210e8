import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { parseJson } from './home.js';

const Endpoints = z.object({
  api: z.string(),
  demoOfficers: z.array(z.object({ email: z.string(), keystore: z.string().optional() })).default([]),
});
export type Endpoints = z.infer<typeof Endpoints>;

/**
 * What a platform that runs in this checkout, or in a folder above, says of itself in `.amana/endpoints.json`; null when none does. Only
 * one on this machine is believed, and only a file of our own: a folder that somebody handed over must not say where passwords go.
 */
export function findEndpoints(from: string): Endpoints | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, '.amana', 'endpoints.json');
    if (existsSync(path)) return ownEndpoints(path);
    if (dirname(folder) === folder) return null;
  }
}

function ownEndpoints(path: string): Endpoints | null {
  const { uid, mode } = statSync(path);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) return null;
  const found = Endpoints.safeParse(parseJson(readFileSync(path))).data ?? null;
  return found && isLoopback(found.api) ? found : null;
}

/** Whether an address is of this very machine. */
export function isLoopback(address: string): boolean {
  const host = URL.canParse(address) ? new URL(address).hostname : '';
  return host === 'localhost' || host === '[::1]' || /^127\./.test(host);
}

/** The origin out of an API's address, with or without `/v1`. @throws TypeError when it is no address */
export function originOf(address: string): string {
  const url = new URL(address);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(address))) {
    throw new TypeError('not an https address, nor one of this machine');
  }
  return url.href.replace(/\/(v1\/?)?$/, '');
}
