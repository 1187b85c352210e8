/** A body of `add-checkpoint`: room for a checkpoint with 64 post-quantum cosignatures of 3.3 kB each. */
export const BODY_SIZE_BYTES_AT_MOST = 256 * 1024;
/** Beyond its limit so much of a body is still read, and dropped, so that who sends it also reads the answer. */
export const DRAINED_BYTES_AT_MOST = 4 * 1024 * 1024;
/** Together with the size of a body: what strangers can make the process hold. */
export const CONNECTIONS_AT_MOST = 256;
/** Enough for trees of 2^63. C2SP tlog-witness. */
export const PROOF_LINES_AT_MOST = 63;
export const HASH_SIZE_BYTES = 32;
/** ML-DSA-44 signs no longer one. C2SP tlog-cosignature. */
export const ORIGIN_SIZE_BYTES_AT_MOST = 255;
/** Of each kind, for each log; one of the first kind is proof already. */
export const CONFLICTS_AT_MOST = 64;
/** A clock that was set back by no more than this is waited for by repeating the last time. */
export const CLOCK_STEP_SECONDS_AT_MOST = 60;
