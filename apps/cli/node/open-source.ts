import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { SealError } from '#client/seal';
import { isSystemError } from './system-error.js';

/** Which file a path led to when it was looked at: the same file keeps it, whatever is written into it. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/**
 * Opens a file for reading if the path still leads to the file that was found there: a symbolic link, another file or a pipe put in its
 * place since is not read. @returns a descriptor, the caller's to close. @throws SealError 'source-changed'
 */
export function openSource(path: Uint8Array, { dev, ino }: FileIdentity): number {
  const descriptor = openNoLink(path);
  const now = fstatSync(descriptor, { bigint: true });
  if (now.isFile() && now.dev === dev && now.ino === ino) return descriptor;
  closeSync(descriptor);
  throw new SealError(
    'source-changed',
    now.isFile() ? 'another file has its place now' : 'it is no longer a regular file',
  );
}

/** A pipe in the file's place must not make us wait for its writer. */
function openNoLink(path: Uint8Array): number {
  try {
    return openSync(Buffer.from(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if (!isSystemError(cause, 'ELOOP')) throw cause;
    throw new SealError('source-changed', 'a symbolic link has its place now');
  }
}
