import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { parseJson } from './home.js';

const Endpoints = z.object({
  api: z.string(),
  demoOfficers: z.array(z.object({ email: z.string(), keystore: z.string().optional() })).default([]),
});
export type Endpoints = z.infer<typeof Endpoints>;

/** What a platform that runs in this checkout, or in a folder above, says of itself in `.amana/endpoints.json`; null when none does. */
export function findEndpoints(from: string): Endpoints | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, '.amana', 'endpoints.json');
    if (existsSync(path)) return Endpoints.safeParse(parseJson(readFileSync(path))).data ?? null;
    if (dirname(folder) === folder) return null;
  }
}

/** The origin out of an API's address, with or without `/v1`. @throws TypeError when it is no address */
export function originOf(address: string): string {
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError('not an http address');
  return url.href.replace(/\/(v1\/?)?$/, '');
}
