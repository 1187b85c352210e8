import type { Bytes, PackageWriter } from '../ports.js';
import { PairHash, type DigestPair, type Hashers } from '../hasher.js';
import { BAG_DECLARATION, formatBagInfo, formatOxum, type BagInfo } from './bag-info.js';
import { requireSafePath } from './bag-path.js';
import { formatChecksumList } from './checksum-list.js';

/**
 * Writes a bag (RFC 8493, BagIt 1.0): payload files one after the other, hashed while they are written, then what describes them. The
 * same calls give the same bytes. Before `finish` has returned there is no `bagit.txt`: what a crash leaves is no bag.
 */
export class BagWriter {
  readonly #writer: PackageWriter;
  readonly #hashers: Hashers;
  readonly #payload = new Map<string, DigestPair>();
  #payloadSizeBytes = 0;

  constructor(writer: PackageWriter, hashers: Hashers) {
    this.#writer = writer;
    this.#hashers = hashers;
  }

  /** Adds a payload file. @param path under `data/` @throws BagError 'bad-path' */
  async add(path: string, content: Bytes | Uint8Array): Promise<void> {
    requireSafePath(path);
    const digests = await this.#write(path, content, (sizeBytes) => (this.#payloadSizeBytes += sizeBytes));
    this.#payload.set(path, digests);
  }

  /** @param info tags beside `Payload-Oxum`, in the order to be written */
  async finish(info: BagInfo): Promise<void> {
    const oxum = formatOxum({ sizeBytes: this.#payloadSizeBytes, files: this.#payload.size });
    const list = (algorithm: keyof DigestPair) =>
      formatChecksumList(new Map([...this.#payload].map(([path, digests]) => [path, digests[algorithm]])));
    const tagFiles = new Map<string, Uint8Array>([
      ['bag-info.txt', formatBagInfo([...info, ['Payload-Oxum', oxum]])],
      ['manifest-sha256.txt', list('sha256')],
      ['manifest-sha512.txt', list('sha512')],
      ['bagit.txt', new TextEncoder().encode(BAG_DECLARATION)],
    ]);
    const tagDigests = new Map<string, Uint8Array>();
    for (const [path, content] of tagFiles) tagDigests.set(path, this.#digest(content).sha256);
    await this.#writer.write('tagmanifest-sha256.txt', formatChecksumList(tagDigests));
    for (const [path, content] of tagFiles) await this.#writer.write(path, content);
  }

  async #write(path: string, content: Bytes | Uint8Array, written: (sizeBytes: number) => void): Promise<DigestPair> {
    if (content instanceof Uint8Array) {
      await this.#writer.write(path, content);
      written(content.length);
      return this.#digest(content);
    }
    const hash = new PairHash(this.#hashers);
    await this.#writer.write(path, passing(content));
    return hash.digest();

    async function* passing(pieces: Bytes): Bytes {
      for await (const piece of pieces) {
        hash.update(piece);
        written(piece.length);
        yield piece;
      }
    }
  }

  #digest(content: Uint8Array): DigestPair {
    const hash = new PairHash(this.#hashers);
    hash.update(content);
    return hash.digest();
  }
}
