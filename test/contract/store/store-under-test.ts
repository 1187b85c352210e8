import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { EvidenceStore, StoredPart, StoredVersion, Upload } from '#server/storage';

/** One adapter on one real store, as the contract's cases see it. */
export interface StoreUnderTest {
  /** AMANA_STORE of this store. */
  readonly address: string;
  readonly store: EvidenceStore;
}

/** The least that S3 lets a part have, unless it is the last. */
export const PART = 5 * 1024 * 1024;

/** A key that nothing else uses. */
export function freshKey(): string {
  return `evidence/${randomUUID()}/${randomUUID()}`;
}

/** Printed, so that a failure can be run again: AMANA_TEST_SEED=… */
export const seed = process.env.AMANA_TEST_SEED ?? randomBytes(4).toString('hex');

/** Bytes that look random and are the same for the same seed and name. */
export function sample(name: string, sizeBytes: number): Buffer {
  return createHash('shake256', { outputLength: sizeBytes }).update(`${seed}/${name}`).digest();
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** In pieces as a socket would give them. */
export function streamOf(bytes: Uint8Array, pieceBytes = 64 * 1024): Readable {
  let at = 0;
  return new Readable({
    read() {
      if (at >= bytes.byteLength) this.push(null);
      else this.push(bytes.subarray(at, (at += pieceBytes)));
    },
  });
}

export function partsOf(bytes: Uint8Array, partSizeBytes: number): Uint8Array[] {
  const count = Math.ceil(bytes.byteLength / partSizeBytes);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * partSizeBytes, (index + 1) * partSizeBytes),
  );
}

export function putPart(store: EvidenceStore, upload: Upload, number: number, bytes: Uint8Array): Promise<StoredPart> {
  return store.putPart(upload, number, bytes.byteLength, streamOf(bytes), { sha256: sha256(bytes) });
}

export async function putAll(store: EvidenceStore, key: string, bytes: Uint8Array): Promise<StoredVersion> {
  const upload = await store.beginUpload(key, { sealedSizeBytes: bytes.byteLength, partSizeBytes: PART });
  const parts: StoredPart[] = [];
  for (const [index, part] of partsOf(bytes, PART).entries()) parts.push(await putPart(store, upload, index + 1, part));
  return await store.completeUpload(upload, parts);
}

export async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Compared by digest: a failure then prints a line and not megabytes. */
export async function digestOf(store: EvidenceStore, key: string, versionId: string): Promise<string> {
  return sha256(await readAll(await store.read(key, versionId))).toString('hex');
}

export function hex(bytes: Uint8Array): string {
  return sha256(bytes).toString('hex');
}
