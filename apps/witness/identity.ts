import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseStrictJson } from '#domain/manifest';
import { formatVerifierKey, type VerifierKey } from '#domain/merkle';
import { replaceFile } from './durable-file.js';
import { StartupError } from './startup-error.js';
import { systemCode } from './system-code.js';

/** Whose memory a folder is, and which logs it must remember, so that a memory with a hole is not taken for a young one. */
export interface Identity {
  readonly verifierKeys: readonly string[];
  /** Hashes of the origins that were cosigned at least once. */
  readonly cosigned: readonly string[];
}

/** @returns null for a folder that is nobody's yet @throws StartupError 'memory' when it cannot be read */
export async function readIdentity(folder: string): Promise<Identity | null> {
  const path = join(folder, NAME);
  const bytes = await readFile(path).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return null;
    throw cause;
  });
  if (bytes === null) return null;
  try {
    return Identity.parse(parseStrictJson(bytes));
  } catch (cause) {
    throw new StartupError('memory', `${path} is damaged. ${WHEN_MEMORY_IS_LOST}`, { cause });
  }
}

/** Durable on return. @throws UncertainWrite, or another error when nothing has changed */
export async function writeIdentity(folder: string, identity: Identity): Promise<void> {
  await replaceFile(join(folder, NAME), Buffer.from(`${JSON.stringify(identity, null, 2)}\n`), 'identity');
}

/** A folder may be used with more keys than it began with, never with fewer. @throws StartupError 'memory' */
export function requireSameWitness(folder: string, identity: Identity, own: readonly VerifierKey[]): void {
  const given = new Set(own.map(formatVerifierKey));
  const missing = identity.verifierKeys.filter((key) => !given.has(key));
  if (missing.length === 0) return;
  throw new StartupError(
    'memory',
    `${folder} is the memory of ${missing.join(', ')}, and the key file holds another key. A new key begins with a folder of its own.`,
  );
}

export const WHEN_MEMORY_IS_LOST =
  'A witness that has forgotten what it cosigned may cosign a fork: do not restore this folder from a backup and do not ' +
  'remove the file. Keep the folder as it is, make a new key (keygen) with a new data folder, and have the operators of ' +
  'the logs retire the old key. See docs/guide/witness.md, "When its memory is damaged".';

const NAME = 'identity.json';

const Identity = z.strictObject({
  verifierKeys: z.array(z.string()).min(1),
  cosigned: z.array(z.string().regex(/^[0-9a-f]{64}$/)),
});
