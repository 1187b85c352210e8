import { Problem, type ProposeGrant } from '#domain/contract';
import type { AgencyId, GrantId } from '#domain/evidence';
import { parseHeader, SealingError } from '#domain/sealing';
import type { Transaction } from '#server/database';

/**
 * Keeps the file keys wrapped to the recipient: one well-formed age header for every file of the grant's exhibits, none besides.
 * What is inside the platform cannot see; the recipient's client finds out when it opens it.
 */
export async function keepWrappedKeys(
  tx: Transaction,
  holder: AgencyId,
  grantId: GrantId,
  { exhibitIds, toAgencyId, wrappedKeys }: ProposeGrant,
): Promise<void> {
  const files = await tx.query<{ id: string }[]>(
    `SELECT id FROM amana.evidence_file WHERE exhibit_id = ANY ($1) AND agency_id = $2`,
    [exhibitIds, holder],
  );
  const wanted = new Set(files.map(({ id }) => id));
  const headers = wrappedKeys.map(({ fileId, header }) => {
    if (!wanted.delete(fileId))
      throw new Problem('malformed-request', `the key of ${fileId} is not asked for, or came twice`);
    return readHeader(fileId, header);
  });
  if (wanted.size > 0) throw new Problem('malformed-request', `the key of ${wanted.size} files is missing`);
  await tx.query(
    `INSERT INTO amana.file_key (file_id, agency_id, grant_id, header) SELECT f, $1, $2, h FROM unnest($3::uuid[], $4::bytea[]) AS k(f, h)`,
    [toAgencyId, grantId, wrappedKeys.map(({ fileId }) => fileId), headers],
  );
}

function readHeader(fileId: string, base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  try {
    const { headerSizeBytes } = parseHeader(bytes);
    if (headerSizeBytes !== bytes.length)
      throw new Problem('malformed-request', `the key of ${fileId} has bytes after its header`);
  } catch (error) {
    if (error instanceof SealingError)
      throw new Problem('malformed-request', `the key of ${fileId} is not an age header`);
    throw error;
  }
  return bytes;
}
