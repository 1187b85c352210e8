/** Bounds on a package: what is beyond them is refused, so that reading one takes bounded memory, and time by its size alone. */

/** Files in a package: evidence, proofs and the few others. */
export const MAX_BAG_FILES = 250_000;

/** A list of checksums: room for the files above. */
export const MAX_CHECKSUM_LIST_BYTES = 64 * 1024 * 1024;

export const MAX_BAG_INFO_BYTES = 64 * 1024;

/** The age header of an evidence file, for one agency and its recovery recipient: ours have some 400 bytes. */
export const MAX_HEADER_BYTES = 64 * 1024;

/** Events of one exhibit. */
export const MAX_EVENTS = 100_000;

/** A line of the record: salt, and body of at most some 190 KiB, in base64. */
export const MAX_EVENT_LINE_BYTES = 256 * 1024;

/** Certificates and statements of keys. */
export const MAX_CERTIFICATES = 256;

/** Certificates of timestamp authorities, in PEM. */
export const MAX_AUTHORITIES_BYTES = 256 * 1024;
