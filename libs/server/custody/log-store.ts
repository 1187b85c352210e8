import {
  encodeEntryBundle,
  decodeEntryBundle,
  entryBundlePath,
  type HashReader,
  type Tile,
  tilePath,
  TILE_WIDTH,
} from '#domain/merkle';
import { type EvidenceStore, StoreError, type StoredVersion } from '#server/storage';
import { LogError } from './log-error.js';

const HASH_SIZE_BYTES = 32;

/** An object of the log as it was written, so that it can be removed again. */
export interface Staged extends StoredVersion {
  readonly key: string;
}

/**
 * The log's tiles and entry bundles in the evidence store, under the log's folder (`logFolder`) and the path that C2SP tlog-tiles gives
 * them. Names are written once: a name's bytes follow from the entries alone, so writing them again is no change and other bytes are a
 * fault.
 */
export class LogStore implements HashReader {
  constructor(
    private readonly store: Pick<EvidenceStore, 'putObject' | 'getObject' | 'latest' | 'remove'>,
    private readonly folder = 'log',
  ) {}

  /** Durable on return. @throws LogError 'tile-conflict' · StoreError */
  putTile({ bytes, ...ref }: Tile): Promise<Staged> {
    return this.put(this.keyOf(tilePath(ref)), bytes);
  }

  /** Durable on return. @throws LogError 'tile-conflict' · StoreError */
  putEntryBundle(index: number, entries: readonly Uint8Array[]): Promise<Staged> {
    return this.put(this.keyOf(entryBundlePath({ index, width: entries.length })), encodeEntryBundle(entries));
  }

  /** @throws StoreError 'not-found' if neither this tile nor the full one is there */
  async readTile(level: number, index: number, width: number): Promise<Uint8Array> {
    const exact = await this.find(tilePath({ level, index, width }));
    if (exact) return exact;
    const full = width < TILE_WIDTH ? await this.find(tilePath({ level, index, width: TILE_WIDTH })) : null;
    if (!full) throw new StoreError('not-found', `no tile ${level}/${index} of width ${width}`);
    return full.subarray(0, width * HASH_SIZE_BYTES);
  }

  /** The bundle's bytes, as they are served. @throws StoreError 'not-found' if neither this bundle nor the full one is there */
  async readEntryBundle(index: number, width: number): Promise<Uint8Array> {
    const exact = await this.find(entryBundlePath({ index, width }));
    if (exact) return exact;
    const full = width < TILE_WIDTH ? await this.find(entryBundlePath({ index, width: TILE_WIDTH })) : null;
    if (!full) throw new StoreError('not-found', `no entry bundle ${index} of width ${width}`);
    return encodeEntryBundle(decodeEntryBundle(full, TILE_WIDTH).slice(0, width));
  }

  /** Removes what a wider object has made needless. Nothing depends on it: a store that keeps it for a while is no fault. */
  async forget({ key, versionId }: Staged): Promise<void> {
    await this.store.remove(key, versionId).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error;
    });
  }

  private async put(key: string, bytes: Uint8Array): Promise<Staged> {
    try {
      return { key, ...(await this.store.putObject(key, bytes)) };
    } catch (error) {
      if (error instanceof StoreError && error.code === 'exists-with-other-bytes') {
        throw new LogError('tile-conflict', `the store holds other bytes under ${key}`, error);
      }
      throw error;
    }
  }

  /** The newest version: a tile proves itself by the checkpoint it leads to, whoever wrote it. */
  private async find(path: string): Promise<Uint8Array | null> {
    const key = this.keyOf(path);
    const version = await this.store.latest(key);
    return version && this.store.getObject(key, version.versionId);
  }

  private keyOf(path: string): string {
    return `${this.folder}/${path}`;
  }
}
