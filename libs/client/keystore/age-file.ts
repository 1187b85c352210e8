import { Decrypter, Encrypter } from 'age-encryption';
import { SealingError, parseHeader, parseRecipient } from '#domain/sealing';
import { KeystoreError } from './keystore-error.js';

/** Encrypts to X25519 recipients. @throws KeystoreError 'bad-recipient' */
export async function encryptTo(recipients: readonly string[], plaintext: Uint8Array): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    requireRecipient(recipient);
    encrypter.addRecipient(recipient);
  }
  return encrypter.encrypt(plaintext);
}

/**
 * Decrypts a small age file, telling a key that does not fit from bytes that were altered, which age-encryption's errors
 * do not.
 *
 * @param addKeys gives the decrypter its identities or passphrase
 * @returns null when none of them fits
 * @throws KeystoreError 'corrupt'
 */
export async function decryptAgeFile(
  file: Uint8Array,
  addKeys: (decrypter: Decrypter) => void,
): Promise<Uint8Array | null> {
  const decrypter = new Decrypter();
  addKeys(decrypter);
  // Asked last, so only when no key before it fitted.
  const last = { wasAsked: false };
  decrypter.addIdentity({
    unwrapFileKey: () => {
      last.wasAsked = true;
      return null;
    },
  });
  try {
    return await decrypter.decrypt(file);
  } catch {
    if (last.wasAsked) return null;
    throw new KeystoreError('corrupt', 'the age file was altered or cut');
  }
}

/** The type and arguments of each stanza in an age file's header. @throws KeystoreError 'corrupt' */
export function stanzaArgs(file: Uint8Array): (readonly string[])[] {
  try {
    return parseHeader(file).stanzas.map(({ args }) => args);
  } catch (error) {
    if (error instanceof SealingError) throw new KeystoreError('corrupt', error.message);
    throw error;
  }
}

function requireRecipient(recipient: string): void {
  try {
    parseRecipient(recipient);
  } catch (error) {
    if (error instanceof SealingError) throw new KeystoreError('bad-recipient', error.message);
    throw error;
  }
}
