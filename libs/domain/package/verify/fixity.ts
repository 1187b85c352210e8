import { bytesToHex } from '@noble/hashes/utils.js';
import { formatOxum } from '../bag/bag-info.js';
import type { BagFile } from '../bag/read-bag.js';
import type { DigestPair } from '../hasher.js';
import { linksOf, partKindOf, type PartKind } from '../layout.js';
import { LinkFault } from '../verdict.js';
import { openListed, type Examination } from './examination.js';

/** A file that is not the one the bag was made with. */
export interface AlteredFile {
  readonly kind: PartKind;
  /** What a person is told of it. */
  readonly detail: string;
}

/** Why a file is not the one listed, or null. */
export function digestFault({ sha256, sha512 }: DigestPair, listed: BagFile): string | null {
  if (bytesToHex(sha256) !== listed.sha256) return 'its SHA-256 is not the one listed in manifest-sha256.txt';
  if (bytesToHex(sha512) !== listed.sha512) return 'its SHA-512 is not the one listed in manifest-sha512.txt';
  return null;
}

/** All payload files but the evidence, each against both lists; in the order of the list. */
export async function findAlteredFiles(examination: Examination): Promise<readonly AlteredFile[]> {
  const { bag, hasher, checked } = examination;
  const altered: AlteredFile[] = [];
  const { signal } = new AbortController();
  for (const listed of bag.payload.values()) {
    const kind = partKindOf(listed.path);
    if (kind === null || kind === 'evidence') continue;
    const { path } = listed;
    const difference = digestFault(
      await hasher.measure({ path, open: () => openListed(examination, listed) }, signal),
      listed,
    );
    if (difference === null) checked.bagFiles += 1;
    else altered.push({ kind, detail: `${path} was altered: ${difference}` });
  }
  return altered;
}

/**
 * Says which link is broken where files were altered beside a fault: one that an altered file explains stands as it is; any other is
 * put down to the first file altered, since what was found may be no more than its consequence elsewhere.
 */
export function attribute(found: LinkFault, altered: readonly AlteredFile[]): LinkFault {
  const isExplained = altered.some(({ kind }) => linksOf(kind).includes(found.link));
  const [first] = altered;
  return first === undefined || (found.verdict === 'broken' && isExplained) ? found : faultOf(first);
}

export function faultOf({ kind, detail }: AlteredFile): LinkFault {
  return new LinkFault(linksOf(kind)[0], detail);
}

/** The payload adds up to what the bag says: told last, since a file that grew or shrank is better named. @throws LinkFault 'bag' */
export function checkOxum({ bag }: Examination): void {
  const sizes = [...bag.payload.values()].map(({ sizeBytes }) => sizeBytes);
  const there = formatOxum({ sizeBytes: sizes.reduce((sum, size) => sum + size, 0), files: sizes.length });
  const said = formatOxum(bag.oxum);
  if (there !== said)
    throw new LinkFault('bag', `bag-info.txt says Payload-Oxum ${said}; the payload is ${there} (bytes.files)`);
}
