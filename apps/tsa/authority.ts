import { randomUUID, webcrypto } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatPemCertificates, type TimestampIssuer } from '#domain/time';
import { KEY_ALGORITHM, rootCertificate, signerCertificate } from './certificates.js';

export const SIGNER_NAME = 'demo-tsa';
const ROOT_NAME = 'demo-tsa root';
const DAY_MS = 86_400_000;
const ROOT_DAYS = 7300;

/** Keys and certificates of the authority. */
export interface Authority extends TimestampIssuer {
  /** DER; what those who check pin. */
  readonly root: Uint8Array<ArrayBuffer>;
  readonly notAfter: Date;
}

/** As kept in `authority.json`: keys as PKCS #8, certificates as DER, in base64. */
interface Kept {
  readonly rootKey: string;
  readonly rootPublicKey: string;
  readonly root: string;
  readonly signerKey: string;
  readonly signer: string;
  readonly signerNotAfter: string;
}

/**
 * The authority of this folder; made at the first start, its signer made anew under the same root when less than a tenth of its time is
 * left. Files: `authority.json` (keys, mode 0600), `root.pem`, which those who check pin, and `chain.pem`. A crash leaves each file as it was or as
 * it is to be; two that start at once agree on the keys of the faster one.
 */
export async function openAuthority(folder: string, signerDays: number, now: Date): Promise<Authority> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'authority.json');
  let kept = await read(file);
  if (!kept) {
    await place(folder, file, JSON.stringify(await makeAll(signerDays, now)), 'first');
    kept = await read(file);
  }
  if (!kept) throw new Error(`${file} is gone`);
  if (new Date(kept.signerNotAfter).getTime() - now.getTime() < (signerDays * DAY_MS) / 10) {
    kept = { ...kept, ...(await makeSigner(await rootKeysOf(kept), signerDays, now)) };
    await place(folder, file, JSON.stringify(kept), 'last');
  }
  const [root, certificate] = [bytesOf(kept.root), bytesOf(kept.signer)];
  await place(folder, join(folder, 'root.pem'), formatPemCertificates([root]), 'last');
  await place(folder, join(folder, 'chain.pem'), formatPemCertificates([certificate, root]), 'last');
  const privateKey = await privateKeyOf(kept.signerKey);
  return { root, certificate, chain: [root], privateKey, notAfter: new Date(kept.signerNotAfter) };
}

async function makeAll(signerDays: number, now: Date): Promise<Kept> {
  const keys = await newKeys();
  const issuer = { name: ROOT_NAME, keys };
  const root = await rootCertificate({
    ...{ name: ROOT_NAME, publicKey: keys.publicKey, issuer },
    ...spanOf(ROOT_DAYS, now),
  });
  return {
    rootKey: await exported('pkcs8', keys.privateKey),
    rootPublicKey: await exported('spki', keys.publicKey),
    root: base64(root),
    ...(await makeSigner(keys, signerDays, now)),
  };
}

async function makeSigner(rootKeys: CryptoKeyPair, days: number, now: Date) {
  const keys = await newKeys();
  const span = spanOf(days, now);
  const signer = await signerCertificate({
    ...{ name: SIGNER_NAME, publicKey: keys.publicKey, issuer: { name: ROOT_NAME, keys: rootKeys } },
    ...span,
  });
  const signerKey = await exported('pkcs8', keys.privateKey);
  return { signerKey, signer: base64(signer), signerNotAfter: span.notAfter.toISOString() };
}

/** From an hour ago, for clocks that are behind; whole seconds, as certificates have them. */
function spanOf(days: number, now: Date): { notBefore: Date; notAfter: Date } {
  const second = Math.floor(now.getTime() / 1000) * 1000;
  return { notBefore: new Date(second - 3_600_000), notAfter: new Date(second + days * DAY_MS) };
}

const newKeys = () => webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']) as Promise<CryptoKeyPair>;

async function rootKeysOf({ rootKey, rootPublicKey }: Kept): Promise<CryptoKeyPair> {
  const publicKey = await webcrypto.subtle.importKey('spki', bytesOf(rootPublicKey), KEY_ALGORITHM, true, ['verify']);
  return { privateKey: await privateKeyOf(rootKey), publicKey };
}

function privateKeyOf(pkcs8: string): Promise<CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', bytesOf(pkcs8), KEY_ALGORITHM, false, ['sign']);
}

async function exported(format: 'pkcs8' | 'spki', key: CryptoKey): Promise<string> {
  return base64(new Uint8Array(await webcrypto.subtle.exportKey(format, key)));
}

async function read(file: string): Promise<Kept | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Kept;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
}

/** Written aside, then put in place whole: by whoever is `first`, or over what is there. */
async function place(folder: string, file: string, text: string, who: 'first' | 'last'): Promise<void> {
  const aside = join(folder, `.${randomUUID()}`);
  await writeFile(aside, text, { mode: 0o600, flush: true });
  if (who === 'last') await rename(aside, file);
  else {
    await link(aside, file).catch(() => undefined);
    await rm(aside);
  }
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'base64'));
