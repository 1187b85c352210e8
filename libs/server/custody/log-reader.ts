import { Inject, Injectable } from '@nestjs/common';
import { entryOf } from '#domain/custody';
import type { EventId } from '#domain/evidence';
import {
  entryBundlePath,
  formatTlogProof,
  type HashReader,
  leafHash,
  type LogResource,
  parseCheckpoint,
  parseNote,
  ProofError,
  proveConsistency,
  proveInclusion,
  tilePath,
  TILE_WIDTH,
  type TreeHead,
  verifyInclusion,
} from '#domain/merkle';
import { Database } from '#server/database';
import { EvidenceStore, StoreError } from '#server/storage';
import { LogError } from './log-error.js';
import { logFolder } from './log-folder.js';
import { LogStore } from './log-store.js';
import { nodeSha256 } from './node-hashes.js';
import { promiseKeyCertificates } from './promise-keys.js';
import { RecentlyUsed } from './recently-used.js';

/** Full tiles and bundles kept in memory: 8 KiB a tile, 13 KiB a bundle. */
const KEPT = 1024;

/** A published head and the note that says so. */
export interface PublishedHead extends TreeHead {
  /** The signed note's exact bytes. */
  readonly note: Uint8Array;
}

/** The log as anyone may read it. Never touches what the sequencer writes: heads come from their own table, hashes from the store. */
@Injectable()
export class LogReader implements HashReader {
  private opened: Promise<LogStore> | undefined;
  private readonly kept = new RecentlyUsed<Uint8Array>(KEPT);

  constructor(
    private readonly database: Database,
    @Inject(EvidenceStore) private readonly evidence: EvidenceStore,
  ) {}

  /** The last published checkpoint, with the cosignatures held for it; null before the first. */
  latest(): Promise<PublishedHead | null> {
    return this.head('ORDER BY c.size DESC LIMIT 1');
  }

  /** The last checkpoint that the platform's own quorum cosigned; null before the first, and without witnesses. */
  witnessed(): Promise<PublishedHead | null> {
    return this.head('WHERE c.size = (SELECT size FROM amana.log_witnessed)');
  }

  /** The signed statement by which the log before this one ended; null where this is the first. */
  async succession(): Promise<string | null> {
    const [row] = await this.database.query<{ succession: string }>(
      'SELECT succession FROM amana.log_origin ORDER BY opened_at DESC LIMIT 1',
    );
    return row?.succession ?? null;
  }

  /** Certificates of the keys that promises are signed with: signed notes of the log. */
  promiseKeys(): Promise<string[]> {
    return promiseKeyCertificates(this.database);
  }

  private async head(which: string): Promise<PublishedHead | null> {
    const [row] = await this.database.query<{ note: string }>(
      `SELECT c.note || coalesce((SELECT string_agg(s.line, '' ORDER BY s.verifier_key)
         FROM amana.log_cosignature s WHERE s.size = c.size), '') AS note
       FROM amana.log_checkpoint c ${which}`,
    );
    if (!row) return null;
    const note = Buffer.from(row.note, 'utf8');
    return { ...parseCheckpoint(parseNote(note).text), note };
  }

  /** A log that followed another has a folder of its own. */
  private async store(): Promise<LogStore> {
    this.opened ??= logFolder(this.database).then((folder) => new LogStore(this.evidence, folder));
    return this.opened.catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
  }

  /** The bytes of a tile or entry bundle; null when there is none of this index and width. @throws StoreError */
  async read(resource: LogResource): Promise<Uint8Array | null> {
    try {
      return resource.kind === 'tile'
        ? await this.readTile(resource.level, resource.index, resource.width)
        : await this.readEntryBundle(resource.index, resource.width);
    } catch (error) {
      if (error instanceof StoreError && error.code === 'not-found') return null;
      throw error;
    }
  }

  readTile(level: number, index: number, width: number): Promise<Uint8Array> {
    return this.remember(tilePath({ level, index, width }), width, async () =>
      (await this.store()).readTile(level, index, width),
    );
  }

  /**
   * c2sp.org/tlog-proof@v1 that the last published log holds an event; undefined while none covers it (about a second). Whether the
   * asker may know of the event is for the caller to settle.
   * @throws LogError 'tile-conflict' when the stored tiles do not prove it: no proof is handed out that does not verify
   */
  async proofOf(eventId: EventId): Promise<{ index: number; proof: Uint8Array } | undefined> {
    const [row] = await this.database.query<{ log_index: string; commitment: Buffer }>(
      'SELECT log_index, commitment FROM amana.log_entry WHERE event_id = $1',
      [eventId],
    );
    const head = row && (await this.latest());
    const index = Number(row?.log_index);
    if (!head || index >= head.size) return undefined;
    const leaf = leafHash(entryOf(row.commitment), nodeSha256);
    const hashes = await proveInclusion(index, head.size, this, nodeSha256);
    try {
      verifyInclusion(index, head.size, leaf, hashes, head.root, nodeSha256);
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
      throw new LogError('tile-conflict', `the stored tiles do not prove entry ${index}`, error);
    }
    return { index, proof: formatTlogProof({ index, hashes, checkpoint: head.note }) };
  }

  /** Proof that the published log of `size` grew out of that of `from`. @throws ProofError 'bad-size' · StoreError 'not-found' */
  consistency(from: number, size: number): Promise<Uint8Array[]> {
    return proveConsistency(from, size, this, nodeSha256);
  }

  private readEntryBundle(index: number, width: number): Promise<Uint8Array> {
    return this.remember(entryBundlePath({ index, width }), width, async () =>
      (await this.store()).readEntryBundle(index, width),
    );
  }

  /** What is full never changes; what is partial is soon needless. */
  private async remember(path: string, width: number, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const kept = this.kept.get(path);
    if (kept) return kept;
    const bytes = await read();
    if (width === TILE_WIDTH) this.kept.set(path, bytes);
    return bytes;
  }
}
