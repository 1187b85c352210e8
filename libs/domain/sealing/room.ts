/** The first `sizeBytes` of `out`, or new memory. @throws RangeError when `out` is too small */
export function room(sizeBytes: number, out: Uint8Array | undefined): Uint8Array {
  if (out === undefined) return new Uint8Array(sizeBytes);
  if (out.length < sizeBytes) throw new RangeError(`the output needs ${sizeBytes} bytes, and ${out.length} were given`);
  return out.subarray(0, sizeBytes);
}
