import { createHash } from 'node:crypto';
import { S3Client, type S3Address, s3Failure, storeFrom, StoreError } from '#server/storage';
import { HEADS_KEPT, HeadMoved, type HeadStore, type KeptHead } from './head-store.js';

/** Names count down from here, so that a listing begins with the newest. */
const LAST = 9_999_999_999_999_999n;
const NAME = /^\d{16}$/;

interface Version {
  readonly key: string;
  readonly number: number;
  readonly versionId: string;
}

/**
 * Heads as objects `head/<hash of the origin>/<version>` of a bucket with versions. Ceph RGW ignores `If-None-Match`, so two may write
 * one name; the bucket keeps both, in the order it took them, and lists them so to everyone: the first one counts, whoever wrote later
 * finds that out by listing before they go on. What that order cannot hold off, a store that loses what it acknowledged, witnesses see.
 */
export class S3HeadStore implements HeadStore {
  private constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
  ) {}

  /** Makes the bucket, with versions and Object Lock, if it is absent. @throws StoreError */
  static async open(url: string, address: S3Address): Promise<S3HeadStore> {
    await (await storeFrom(url)).close();
    return new S3HeadStore(new S3Client(address), address.bucket);
  }

  async read(origin: string): Promise<KeptHead | null> {
    return this.asking(async () => {
      const [head] = await this.heads(origin);
      return head ? { note: await this.bytesOf(head), version: head.number } : null;
    });
  }

  async replace(origin: string, before: KeptHead | null, note: Uint8Array): Promise<KeptHead> {
    return this.asking(async () => {
      const version = (before?.version ?? 0) + 1;
      const key = `${prefixOf(origin)}${nameOf(version)}`;
      const [held] = await this.heads(origin);
      if ((held?.number ?? 0) !== version - 1) throw new HeadMoved(`version ${version} is taken`);
      const versionId = await this.client.putSmall(key, note);
      const heads = await this.heads(origin);
      // Another's bytes under our name, or a head above ours.
      if (heads[0]?.number !== version || heads[0].versionId !== versionId)
        throw new HeadMoved(`version ${version} is taken`);
      for (const old of heads.filter(({ number }) => number < version - HEADS_KEPT)) await this.forget(old);
      return { note: Uint8Array.from(note), version };
    });
  }

  close(): Promise<void> {
    this.client.close();
    return Promise.resolve();
  }

  /** The newest heads, each as whoever wrote it first has left it, the newest first. Delete markers hide nothing. */
  private async heads(origin: string): Promise<Version[]> {
    const prefix = prefixOf(origin);
    const query = { Delimiter: '', MaxKeys: 1000, IncludeVersion: true };
    const page = await this.client.listObjectsQuery(this.bucket, prefix, '', query);
    const listed = page.objects as { name?: string; versionId?: string; isDeleteMarker?: boolean }[];
    const first = new Map<string, Version>();
    for (const { name = '', versionId, isDeleteMarker } of listed) {
      const place = name.slice(prefix.length);
      if (versionId === undefined || isDeleteMarker === true || !NAME.test(place)) continue;
      // Versions of one name come the newest first: the last one said stays.
      first.set(name, { key: name, number: Number(LAST - BigInt(place)), versionId });
    }
    return [...first.values()].sort((a, b) => b.number - a.number);
  }

  private async bytesOf({ key, versionId }: Version): Promise<Uint8Array> {
    const answer = await this.client.getVersion(key, versionId, 0, undefined);
    const pieces: Buffer[] = [];
    for await (const piece of answer) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  }

  private async forget({ key, versionId }: Version): Promise<void> {
    // Under the bucket's lock it stays a while longer, which is no fault.
    await this.client.removeObject(this.bucket, key, { versionId }).catch(() => undefined);
  }

  private async asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw error instanceof HeadMoved || error instanceof StoreError ? error : s3Failure(error, 'the head store');
    }
  }
}

const prefixOf = (origin: string) => `head/${createHash('sha256').update(origin).digest('hex')}/`;
const nameOf = (version: number) => String(LAST - BigInt(version)).padStart(16, '0');
