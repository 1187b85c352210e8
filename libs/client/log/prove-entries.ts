import { formatTlogProof, type HashReader, type LogPolicy, proveInclusion, verifyCheckpoint } from '#domain/merkle';

/**
 * c2sp.org/tlog-proof@v1 for each of these entries, all under one head, computed here from public tiles: however fast the log grows.
 * @param checkpoint signed note of the head
 * @throws ProofError 'bad-index' when the head does not cover one of them; those of `verifyCheckpoint`; what the reader throws
 */
export async function proveEntries(
  indexes: readonly number[],
  checkpoint: Uint8Array,
  policy: LogPolicy,
  reader: HashReader,
): Promise<Uint8Array[]> {
  const { size } = verifyCheckpoint(checkpoint, policy).checkpoint;
  const once = readOnce(reader);
  const proofs: Uint8Array[] = [];
  for (const index of indexes) {
    proofs.push(formatTlogProof({ index, hashes: await proveInclusion(index, size, once), checkpoint }));
  }
  return proofs;
}

/** Proofs of neighbours rest on the same tiles. */
function readOnce(reader: HashReader): HashReader {
  const read = new Map<string, Promise<Uint8Array>>();
  return {
    readTile(level, index, width) {
      const name = `${level}/${index}/${width}`;
      const tile = read.get(name) ?? reader.readTile(level, index, width);
      read.set(name, tile);
      return tile;
    },
  };
}
