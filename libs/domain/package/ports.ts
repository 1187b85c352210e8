/** Something in a package. Only plain files belong there; what else there is, is listed so that it can be refused by name. */
export interface PackageEntry {
  /** Relative to the package, names joined by `/`, exactly as stored. */
  readonly path: string;
  readonly kind: 'file' | 'symbolic link' | 'special file';
  readonly sizeBytes: number;
}

/** Bytes that come one piece after another. A piece may be used again by whoever gives it once the next is asked for. */
export type Bytes = AsyncIterable<Uint8Array>;

/** A package as it lies: a folder, an archive, files dropped on a page. Follows no link and leaves nothing out. */
export interface PackageReader {
  /** Everything in it, in any order. @throws PackageError 'unreadable' */
  list(): AsyncIterable<PackageEntry>;
  /** The bytes of a listed file, from its start; may be asked for again. @throws PackageError 'unreadable' */
  open(path: string): Bytes;
}

/** Where a package is written to. */
export interface PackageWriter {
  /** Durable on return. A path that is there already: rejects, and leaves it as it is. @throws PackageError 'exists', 'unwritable' */
  write(path: string, content: Bytes | Uint8Array): Promise<void>;
}
