import { createHash } from 'node:crypto';
import type { RegisterExhibit } from '#domain/contract';
import { canonicalJson } from '#domain/manifest';
import { byTurns } from './by-turns.js';

/**
 * SHA-256 of a registration's canonical JSON (RFC 8785), so that it does not depend on how the client wrote it. Made file by file:
 * the text of fifty thousand files is never there as a whole, and others get their turns.
 */
export async function registrationSha256({ files, ...rest }: RegisterExhibit): Promise<Buffer> {
  const hash = createHash('sha256');
  const members = new Map<string, unknown>(Object.entries(rest).filter(([, value]) => value !== undefined));
  members.set('files', files);
  // RFC 8785 §3.2.3: by UTF-16 code units, which is how JavaScript compares texts.
  for (const [at, name] of [...members.keys()].sort().entries()) {
    hash.update(`${at === 0 ? '{' : ','}${JSON.stringify(name)}:`);
    if (name !== 'files') {
      hash.update(canonicalJson(members.get(name)));
      continue;
    }
    await byTurns(files, (file, position) => {
      hash.update(position === 0 ? '[' : ',').update(canonicalJson(file));
    });
    hash.update(files.length === 0 ? '[]' : ']');
  }
  return hash.update('}').digest();
}
