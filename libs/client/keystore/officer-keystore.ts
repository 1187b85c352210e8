import { Encrypter } from 'age-encryption';
import { z } from 'zod';
import { ManifestError, PrivateJwk, canonicalJson, newSigningKey, parseStrictJson } from '#domain/manifest';
import { newIdentity, parseIdentity } from '#domain/sealing';
import { decryptAgeFile, stanzaArgs } from './age-file.js';
import { KeystoreError } from './keystore-error.js';

/**
 * log2 of scrypt's work factor. 15 takes 32 MiB and about 0.15 s in the JavaScript that runs here and in a browser; age's
 * own 18 takes 256 MiB and ten times as long, at each command of the CLI and on phones that have not got it. The three
 * bits are made up for by the passphrase, whose length is checked, and whoever has a fast machine asks for more.
 */
const DEFAULT_WORK_FACTOR = 15;

/** Above this, opening would take gigabytes: a keystore that asks for it was made to do harm. */
const MAX_WORK_FACTOR = 20;

const MIN_PASSPHRASE_CHARACTERS = 12;

/** An officer's private keys: to sign with, and to open with what is sealed to them. */
export const OfficerKeys = z.strictObject({
  schema: z.literal('amana-keystore/v1'),
  signingKey: PrivateJwk,
  /** age identity (X25519). */
  identity: z.string().refine(isIdentity, 'not an age identity'),
});
export type OfficerKeys = z.infer<typeof OfficerKeys>;

/** New keys for an officer. */
export async function newOfficerKeys(): Promise<OfficerKeys> {
  return { schema: 'amana-keystore/v1', signingKey: await newSigningKey(), identity: newIdentity() };
}

/**
 * Encrypts an officer's keys with a passphrase, as an age file that `age --decrypt` opens too.
 *
 * @throws KeystoreError 'weak-passphrase', 'work-factor'
 */
export async function createKeystore(
  keys: OfficerKeys,
  passphrase: string,
  workFactor = DEFAULT_WORK_FACTOR,
): Promise<Uint8Array> {
  if ([...passphrase].length < MIN_PASSPHRASE_CHARACTERS) {
    throw new KeystoreError('weak-passphrase', `a passphrase has at least ${MIN_PASSPHRASE_CHARACTERS} characters`);
  }
  if (!Number.isInteger(workFactor) || workFactor < 1 || workFactor > MAX_WORK_FACTOR) {
    throw new KeystoreError('work-factor', `the work factor is between 1 and ${MAX_WORK_FACTOR}`);
  }
  const encrypter = new Encrypter();
  encrypter.setPassphrase(normal(passphrase));
  encrypter.setScryptWorkFactor(workFactor);
  return encrypter.encrypt(canonicalJson(OfficerKeys.parse(keys)));
}

/** @throws KeystoreError 'corrupt', 'wrong-passphrase', 'work-factor' */
export async function openKeystore(keystore: Uint8Array, passphrase: string): Promise<OfficerKeys> {
  const [stanza = [], ...more] = stanzaArgs(keystore);
  const [type, , workFactor = ''] = stanza;
  if (more.length > 0 || type !== 'scrypt' || !/^[1-9][0-9]?$/.test(workFactor)) {
    throw new KeystoreError('corrupt', 'not a keystore: not an age file with a passphrase');
  }
  if (Number(workFactor) > MAX_WORK_FACTOR) {
    throw new KeystoreError('work-factor', `the keystore asks for a work factor of ${workFactor}`);
  }
  const plaintext = await decryptAgeFile(keystore, (decrypter) => decrypter.addPassphrase(normal(passphrase)));
  if (plaintext === null) throw new KeystoreError('wrong-passphrase', 'the passphrase does not open the keystore');
  return parseKeys(OfficerKeys, plaintext);
}

/** The same keys under another passphrase. @throws KeystoreError as `openKeystore` and `createKeystore` */
export async function changePassphrase(
  keystore: Uint8Array,
  passphrase: string,
  newPassphrase: string,
  workFactor = DEFAULT_WORK_FACTOR,
): Promise<Uint8Array> {
  return createKeystore(await openKeystore(keystore, passphrase), newPassphrase, workFactor);
}

/** Keys that were decrypted. @throws KeystoreError 'corrupt' */
export function parseKeys<Schema extends z.ZodType>(schema: Schema, plaintext: Uint8Array): z.output<Schema> {
  try {
    const parsed = schema.safeParse(parseStrictJson(plaintext));
    if (parsed.success) return parsed.data;
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
  }
  // What was within is not said: it is private keys.
  throw new KeystoreError('corrupt', 'the content is not the keys expected');
}

/** One form for what keyboards of different systems type (NFKC, as RFC 8265 §4.2 would). */
function normal(passphrase: string): string {
  return passphrase.normalize('NFKC');
}

function isIdentity(text: string): boolean {
  try {
    parseIdentity(text);
    return true;
  } catch {
    return false;
  }
}
