import { Problem } from '#domain/contract';
import { parseHeader, SealingError } from '#domain/sealing';

/**
 * The bytes of a wrapped file key: one well-formed age header and nothing after it. What it wraps the platform cannot see.
 * @param path of the field, for the problem
 * @throws Problem 'malformed-request'
 */
export function fileKeyHeader(base64: string, path: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  const fault = faultOf(bytes);
  if (fault === null) return bytes;
  throw new Problem('malformed-request', `${path}: ${fault}`, { faults: [{ path, message: fault }] });
}

function faultOf(bytes: Uint8Array): string | null {
  try {
    return parseHeader(bytes).headerSizeBytes === bytes.length ? null : 'has bytes after the age header';
  } catch (error) {
    if (error instanceof SealingError) return error.message;
    throw error;
  }
}
