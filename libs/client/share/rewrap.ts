import { base64 } from '@scure/base';
import type { RetrievalView, WrappedFileKey } from '#domain/contract';
import type { AgencyKeys } from '#domain/manifest';
import { type Aead, SealingError, makeHeader, openHeader } from '#domain/sealing';

/** A key that cannot be given on, because it does not open here. */
export class ShareError extends Error {
  override readonly name = 'ShareError';
  readonly code = 'cannot-open';
}

/**
 * Wraps an exhibit's file keys to another agency: sixteen bytes a file, the evidence stays as it is. The recipient's own recovery
 * recipient is always among them.
 *
 * @param files with the headers that wrap the keys to the own agency
 * @param identities of the own agency
 * @param recipient as the agreement lists it: `currentKeysOf(profile, agreementOfTeam(…))` is the one way to come by it
 * @throws ShareError
 */
export function rewrapFileKeys(
  files: RetrievalView['files'],
  identities: readonly string[],
  { recipient, recoveryRecipient }: AgencyKeys,
  aead: Aead,
): WrappedFileKey[] {
  return files.map(({ id, header }) => {
    const fileKey = opened(id, header, identities, aead);
    return { fileId: id, header: base64.encode(makeHeader(fileKey, [recipient, recoveryRecipient], aead)) };
  });
}

function opened(id: string, header: string, identities: readonly string[], aead: Aead): Uint8Array {
  try {
    return openHeader(base64.decode(header), identities, aead);
  } catch (cause) {
    const why = cause instanceof SealingError ? cause.message : 'its header is not base64';
    throw new ShareError(`the key of the file ${id} does not open: ${why}`, { cause });
  }
}
