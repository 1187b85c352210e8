import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { linkSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateFolder, readFileIfThere, writePrivateFile } from './private-file.js';
import { isSystemError } from './system-error.js';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts what a sign-in leaves on the disk. The key lies apart: in the user's runtime folder (`XDG_RUNTIME_DIR`), which is memory and
 * goes when the user's session on this machine ends, so that no disk and no backup holds both. Where there is none, beside it: then only
 * a copy of single files is of no use. ADR 16.
 */
export class AtRest {
  readonly #folder: string;

  /** @param home where to keep the key of a machine without runtime folders */
  constructor({ XDG_RUNTIME_DIR: runtime }: NodeJS.ProcessEnv, home: string) {
    this.#folder = runtime !== undefined && isOwnPrivateFolder(runtime) ? join(runtime, 'amana') : home;
  }

  seal(plain: string): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#keyOrNew(), iv);
    const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
  }

  /** Null for what is not sealed under the key that is here now. */
  open(sealed: Uint8Array): string | null {
    const key = this.#key();
    if (key === null || sealed.length <= IV_BYTES + TAG_BYTES) return null;
    const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      return decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)).toString('utf8') + decipher.final('utf8');
    } catch {
      return null;
    }
  }

  #key(): Buffer | null {
    const key = readFileIfThere(this.#path);
    return key?.length === KEY_BYTES ? key : null;
  }

  /** Of several that make one at once, all take the one that was first. */
  #keyOrNew(): Buffer {
    const there = this.#key();
    if (there !== null) return there;
    makePrivateFolder(this.#folder);
    const aside = `${this.#path}.${randomBytes(8).toString('hex')}`;
    writePrivateFile(aside, randomBytes(KEY_BYTES));
    try {
      linkSync(aside, this.#path);
    } catch (cause) {
      if (!isSystemError(cause, 'EEXIST')) throw cause;
    } finally {
      rmSync(aside, { force: true });
    }
    const made = this.#key();
    if (made === null) throw new Error(`${this.#path} is no key: remove it, and sign in again`);
    return made;
  }

  get #path(): string {
    return join(this.#folder, 'at-rest.key');
  }
}

function isOwnPrivateFolder(path: string): boolean {
  try {
    const { uid, mode } = statSync(path);
    return uid === process.getuid?.() && (mode & 0o077) === 0;
  } catch {
    return false;
  }
}
