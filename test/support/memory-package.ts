import { createHash } from 'node:crypto';
import {
  PackageError,
  type Bytes,
  type Hashers,
  type PackageEntry,
  type PackageReader,
  type PackageWriter,
} from '#domain/package';

/** OpenSSL's hashes, for tests that read and write packages. */
export const nodeHashers: Hashers = {
  sha256: { create: () => createHash('sha256') },
  sha512: { create: () => createHash('sha512') },
};

/** A package in memory. Its pieces are small and of odd sizes, and it gives its files in no particular order. */
export class MemoryPackage implements PackageReader, PackageWriter {
  readonly files: Map<string, Uint8Array>;
  /** What is no file, by path. */
  readonly others = new Map<string, PackageEntry['kind']>();
  /** Paths that the medium does not give, or of which it claims another size. */
  readonly unreadable = new Set<string>();
  readonly claimedSizes = new Map<string, number>();
  /** Bytes given out. */
  bytesRead = 0;

  constructor(files: Iterable<readonly [string, Uint8Array]> = []) {
    this.files = new Map(files);
  }

  copy(): MemoryPackage {
    return new MemoryPackage(this.files);
  }

  async *list(): AsyncIterable<PackageEntry> {
    for (const [path, kind] of this.others) yield { path, kind, sizeBytes: 0 };
    for (const [path, { length }] of [...this.files].reverse()) {
      yield { path, kind: 'file', sizeBytes: this.claimedSizes.get(path) ?? length };
    }
  }

  async *open(path: string): Bytes {
    const bytes = this.files.get(path);
    if (bytes === undefined || this.unreadable.has(path))
      throw new PackageError('unreadable', `${path} cannot be read`);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.slice(at, at + PIECE_BYTES);
      this.bytesRead += piece.length;
      yield piece;
    }
  }

  async write(path: string, content: Bytes | Uint8Array): Promise<void> {
    if (this.files.has(path)) throw new PackageError('exists', `${path} is there`);
    if (content instanceof Uint8Array) {
      this.files.set(path, content);
      return;
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(Uint8Array.from(piece));
    this.files.set(path, new Uint8Array(Buffer.concat(pieces)));
  }

  text(path: string): string {
    return Buffer.from(this.files.get(path)!).toString('utf8');
  }

  /** Sets the content of a file, or takes it away. The bag does not know of it: see `rebag`. */
  set(path: string, content: string | Uint8Array | null): this {
    if (content === null) this.files.delete(path);
    else this.files.set(path, typeof content === 'string' ? new Uint8Array(Buffer.from(content)) : content);
    return this;
  }

  /** Makes the lists agree with what is there, as anyone who alters a package would: only what is signed can tell. */
  rebag(): this {
    const payload = [...this.files].filter(([path]) => path.startsWith('data/')).sort(([a], [b]) => (a < b ? -1 : 1));
    const list = (algorithm: string, files: (readonly [string, Uint8Array])[]) =>
      files.map(([path, bytes]) => `${createHash(algorithm).update(bytes).digest('hex')}  ${path}\n`).join('');
    const oxum = `${payload.reduce((sum, [, { length }]) => sum + length, 0)}.${payload.length}`;
    this.set('manifest-sha256.txt', list('sha256', payload));
    this.set('manifest-sha512.txt', list('sha512', payload));
    this.set('bag-info.txt', this.text('bag-info.txt').replace(/^Payload-Oxum: .*$/m, `Payload-Oxum: ${oxum}`));
    return this.retag();
  }

  /** Makes the list of the bag's own files agree with them. */
  retag(): this {
    const names = ['bag-info.txt', 'bagit.txt', 'manifest-sha256.txt', 'manifest-sha512.txt'];
    const line = (name: string) => `${createHash('sha256').update(this.files.get(name)!).digest('hex')}  ${name}\n`;
    return this.set('tagmanifest-sha256.txt', names.map(line).join(''));
  }
}

const PIECE_BYTES = 60_001;
