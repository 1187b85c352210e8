import { HASH_SIZE_BYTES, PROOF_LINES_AT_MOST } from './limits.js';
import { Refusal } from './refusal.js';

/** `add-checkpoint` as it was sent: its shape is right, nothing in it is verified. */
export interface AddCheckpointRequest {
  /** The size that the caller believes was cosigned last. */
  readonly oldSize: number;
  /** Hashes of a consistency proof from `oldSize` to the checkpoint's size. */
  readonly proof: readonly Uint8Array[];
  /** The checkpoint, a signed note. */
  readonly note: Uint8Array;
}

/** Reads the body of `POST /add-checkpoint`, strictly. C2SP tlog-witness v1.0.0. @throws Refusal 'malformed-request' */
export function parseAddCheckpointRequest(body: Uint8Array): AddCheckpointRequest {
  const end = Buffer.from(body.buffer, body.byteOffset, body.byteLength).indexOf('\n\n');
  if (end < 0) throw malformed('no blank line before the checkpoint');
  if (end > HEAD_SIZE_BYTES_AT_MOST) throw malformed(`more than ${PROOF_LINES_AT_MOST} lines of proof`);
  // Latin 1 maps each byte to a character: what is no ASCII fits no line below.
  const [first = '', ...lines] = Buffer.from(body.subarray(0, end)).toString('latin1').split('\n');
  if (lines.length > PROOF_LINES_AT_MOST) throw malformed(`more than ${PROOF_LINES_AT_MOST} lines of proof`);
  return { oldSize: sizeOf(first), proof: lines.map(hashOf), note: body.subarray(end + 2) };
}

const BASE64_HASH_CHARACTERS = 44;
const HEAD_SIZE_BYTES_AT_MOST = 'old 9007199254740991'.length + PROOF_LINES_AT_MOST * (BASE64_HASH_CHARACTERS + 1);

function sizeOf(line: string): number {
  const size = Number(/^old (0|[1-9][0-9]{0,15})$/.exec(line)?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(size)) throw malformed('the first line is `old` and a size');
  return size;
}

function hashOf(line: string): Uint8Array {
  const hash = Buffer.from(line, 'base64');
  // One hash has one spelling: padded, and no bits after the last byte.
  if (hash.length !== HASH_SIZE_BYTES || hash.toString('base64') !== line) {
    throw malformed('a line of proof is one hash in base64');
  }
  return new Uint8Array(hash);
}

const malformed = (message: string) => new Refusal('malformed-request', message);
