import { generateKeyPair, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';

export interface IssuerKeys {
  /** Private, ES256. */
  readonly signing: JWK;
  /** Signs our cookies. */
  readonly cookies: readonly string[];
}

/** The issuer's own keys: made at the first start, then read from a file that only we can read. */
export async function issuerKeys(folder: string): Promise<IssuerKeys> {
  const file = join(folder, 'keys.json');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (;;) {
    try {
      return JSON.parse(await readFile(file, 'utf8')) as IssuerKeys;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    }
    // Written aside and linked into place: two that start at once agree on the keys of the faster one.
    const aside = join(folder, `keys.${crypto.randomUUID()}`);
    await writeFile(aside, JSON.stringify(await makeKeys()), { mode: 0o600 });
    await link(aside, file).catch(() => undefined);
    await rm(aside);
  }
}

async function makeKeys(): Promise<IssuerKeys> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const jwk = privateKey.export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(jwk);
  return { signing: { ...jwk, kid, alg: 'ES256', use: 'sig' }, cookies: [randomBytes(32).toString('base64url')] };
}
