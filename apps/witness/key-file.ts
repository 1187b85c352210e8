import { access, open, readFile, rm, stat } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { formatSigningKey, formatVerifierKey, parseSigningKey, ProofError, type SigningKey } from '#domain/merkle';
import { syncFolder } from './durable-file.js';
import { faultPoint } from './fault-point.js';
import { StartupError } from './startup-error.js';

/** Ed25519, or ML-DSA-44 that a quantum computer does not forge. */
export type CosignerType = 'cosignature-v1' | 'ml-dsa-44';

/**
 * Makes a witness's key, readable by this user alone, and marks it as unused: with an unused key, and only then, a witness
 * may begin with an empty memory.
 * @returns the verifier keys, which others pin
 * @throws StartupError when the name cannot be one or the file is there
 */
export async function makeKeyFile(
  name: string,
  path: string,
  types: readonly CosignerType[] = ['cosignature-v1'],
): Promise<string[]> {
  const lines = types.map((type) => keyLine(name, type));
  // Looked at first: a used key must not come by a mark.
  if (await exists(path)) throw new StartupError('refused-configuration', `${path} is there: a key is made once`);
  try {
    // The mark first: a crash in between leaves a mark without a key, and the command can be given again.
    await writeNew(unusedMark(path), 'This key has cosigned nothing yet. Its first start removes this file.\n', 'w');
    await writeNew(path, `${lines.join('\n')}\n`, 'wx');
    await syncFolder(dirname(path));
  } catch (cause) {
    throw new StartupError('refused-configuration', `${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
  return lines.map((line) => formatVerifierKey(parseSigningKey(line).verifier));
}

/**
 * The keys of a file, one signed-note private key a line; each of them cosigns.
 * @throws Error that says what is wrong and shows nothing of the file
 */
export async function readKeyFile(path: string): Promise<SigningKey[]> {
  const { mode } = await stat(path).catch(() => {
    throw new Error(`${path} cannot be read: make it with \`keygen\``);
  });
  if ((mode & 0o077) !== 0) {
    throw new Error(`${path} is open to others (mode ${(mode & 0o777).toString(8).padStart(4, '0')}): chmod 600 it`);
  }
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  const keys = lines.map((line, at) => {
    try {
      return parseSigningKey(line);
    } catch (error) {
      throw new Error(`${path} line ${at + 1}: ${error instanceof ProofError ? error.message : 'no key'}`, {
        cause: error,
      });
    }
  });
  if (keys.length === 0) throw new Error(`${path} holds no key`);
  if (keys.some(({ verifier }) => verifier.type === 'ed25519')) {
    throw new Error(`${path} holds the key of a log: a witness has one of its own`);
  }
  return keys;
}

/** Whether the key in this file has cosigned nothing yet. */
export function isUnused(path: string): Promise<boolean> {
  return exists(unusedMark(path));
}

/** From now on this key has a memory, and no witness starts with it without one. Durable on return. */
export async function markUsed(path: string): Promise<void> {
  if (!(await isUnused(path))) return;
  await rm(unusedMark(path));
  await syncFolder(dirname(path));
  faultPoint('key-used');
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

const unusedMark = (path: string) => `${path}.unused`;

function keyLine(name: string, type: CosignerType): string {
  try {
    return formatSigningKey(name, type, new Uint8Array(randomBytes(32)));
  } catch (cause) {
    throw new StartupError('refused-configuration', `this cannot be the name of a witness: ${messageOf(cause)}`, {
      cause,
    });
  }
}

async function writeNew(path: string, text: string, flag: 'w' | 'wx'): Promise<void> {
  const file = await open(path, flag, 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));
