import { createHash } from 'node:crypto';
import type { ExhibitId } from '#domain/evidence';
import type { ManifestFile } from '#domain/manifest';
import { type ChunkTree, ChunkTreeBuilder, encodeLeafHashes } from '#domain/sealing';
import { evidenceKey, type EvidenceStore, leavesKey, StoreError } from '#server/storage';

/** What a file's stored object turned out to be. */
export type ObjectCheck =
  { readonly kind: 'intact'; readonly leavesVersionId: string } | { readonly kind: 'broken'; readonly because: string };

const PAYLOAD_NONCE_SIZE_BYTES = 16;
const nodeSha256 = { create: () => createHash('sha256') };

/**
 * Reads one version of an object from its first byte to its last and compares it with what the officer signed. When it is intact its
 * chunk hashes are left beside it. Takes memory for the hashes alone: 32 bytes a MiB.
 * @throws StoreError when the store cannot be asked: nothing is known then
 */
export async function checkObject(
  store: EvidenceStore,
  exhibitId: ExhibitId,
  signed: ManifestFile,
  versionId: string,
): Promise<ObjectCheck> {
  const file = { exhibitId, fileId: signed.id };
  try {
    const { sizeBytes } = await store.stat(evidenceKey(file), versionId);
    if (sizeBytes !== signed.sealedSizeBytes)
      return broken(`it has ${sizeBytes} bytes, not the ${signed.sealedSizeBytes} that were signed`);
    const { tree, nonceSha256 } = await readThrough(store, evidenceKey(file), versionId);
    if (nonceSha256 !== signed.payloadNonceSha256) return broken('its first bytes are not those that were signed');
    if (Buffer.from(tree.root).toString('hex') !== signed.chunkTreeRoot)
      return broken('its bytes are not those that were signed');
    const leaves = await store.putObject(leavesKey(file), encodeLeafHashes(tree.leafHashes));
    return { kind: 'intact', leavesVersionId: leaves.versionId };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === 'not-found') return broken('it is not there');
    if (error.code === 'exists-with-other-bytes') return broken('other chunk hashes lie beside it');
    throw error;
  }
}

async function readThrough(
  store: EvidenceStore,
  key: string,
  versionId: string,
): Promise<{ tree: ChunkTree; nonceSha256: string }> {
  const tree = new ChunkTreeBuilder(nodeSha256);
  const nonce = createHash('sha256');
  let nonceBytes = 0;
  for await (const chunk of (await store.read(key, versionId)) as AsyncIterable<Uint8Array>) {
    tree.update(chunk);
    if (nonceBytes < PAYLOAD_NONCE_SIZE_BYTES) {
      const part = chunk.subarray(0, PAYLOAD_NONCE_SIZE_BYTES - nonceBytes);
      nonce.update(part);
      nonceBytes += part.length;
    }
  }
  return { tree: tree.finish(), nonceSha256: nonce.digest('hex') };
}

function broken(because: string): ObjectCheck {
  return { kind: 'broken', because };
}
