import { createHash } from 'node:crypto';
import { CHUNK_SIZE_BYTES, type ExhibitId } from '#domain/evidence';
import type { ManifestFile } from '#domain/manifest';
import { ChunkTreeBuilder, chunkTreeRoot, decodeLeafHashes, SealingError } from '#domain/sealing';
import type { PacedStore } from '#server/scrub';
import { evidenceKey, leavesKey, StoreError } from '#server/storage';

/** A stored file that was whole when it was sealed. */
export interface SealedObject {
  readonly exhibitId: ExhibitId;
  readonly signed: ManifestFile;
  readonly versionId: string;
  readonly leavesVersionId: string | null;
}

const nodeSha256 = { create: () => createHash('sha256') };

/**
 * Reads a sealed object once more from its first byte to its last.
 * @returns what is wrong with it, the first bad chunk named, or null
 * @throws StoreError when the store cannot be asked: nothing is known then
 */
export async function checkAgain(store: PacedStore, object: SealedObject): Promise<string | null> {
  const { exhibitId, signed, versionId } = object;
  const key = evidenceKey({ exhibitId, fileId: signed.id });
  try {
    const { sizeBytes } = await store.stat(key, versionId);
    if (sizeBytes !== signed.sealedSizeBytes)
      return `it has ${sizeBytes} bytes, not the ${signed.sealedSizeBytes} that were signed`;
    const tree = new ChunkTreeBuilder(nodeSha256);
    for await (const chunk of store.stream(key, versionId)) tree.update(chunk);
    const { root, leafHashes } = tree.finish();
    if (Buffer.from(root).toString('hex') === signed.chunkTreeRoot) return null;
    return await badChunks(store, object, leafHashes);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'not-found') return 'it is not there';
    throw error;
  }
}

/** By the leaf hashes that were left beside the object when it was sealed, if those are still good. */
async function badChunks(store: PacedStore, object: SealedObject, found: readonly Uint8Array[]): Promise<string> {
  const sealed = await sealedLeaves(store, object);
  const bad = sealed?.flatMap((leaf, chunk) =>
    Buffer.from(leaf).equals(found[chunk] ?? Buffer.alloc(0)) ? [] : [chunk],
  );
  const [first] = bad ?? [];
  if (bad === undefined || first === undefined) return 'its bytes are not those that were signed';
  const more = bad.length > 1 ? `, and ${bad.length - 1} more` : '';
  return `chunk ${first}, from byte ${first * CHUNK_SIZE_BYTES}, is not the one that was sealed${more}`;
}

async function sealedLeaves(
  store: PacedStore,
  { exhibitId, signed, leavesVersionId }: SealedObject,
): Promise<Uint8Array[] | null> {
  if (leavesVersionId === null) return null;
  try {
    const leaves = decodeLeafHashes(
      await store.getObject(leavesKey({ exhibitId, fileId: signed.id }), leavesVersionId),
    );
    const root = Buffer.from(chunkTreeRoot(leaves, signed.sealedSizeBytes)).toString('hex');
    return root === signed.chunkTreeRoot ? leaves : null;
  } catch (error) {
    if (error instanceof SealingError || (error instanceof StoreError && error.code === 'not-found')) return null;
    throw error;
  }
}
