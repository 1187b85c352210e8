import { Inject, Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import type { ExhibitTimestampsView, StampedHeadView, TimestampView } from '#domain/contract';
import type { ExhibitId } from '#domain/evidence';
import { Authority } from '#server/authority';
import { CONFIG, type Config } from '#server/config';
import { Database } from '#server/database';
import { LogTimestamps } from './log-timestamps.js';
import { ManifestTimestamps } from './manifest-timestamps.js';
import { TimestampRoots } from './timestamp-roots.js';

/** Hands timestamps out: those of an exhibit to who may read it, those of the log's heads to anyone. */
@Injectable()
export class TimestampDesk {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
    private readonly authority: Authority,
    private readonly heads: LogTimestamps,
    private readonly manifests: ManifestTimestamps,
    private readonly roots: TimestampRoots,
  ) {}

  /** Read by others than the holder it is an event, durable before the answer. @throws Problem 'not-found', 'forbidden' */
  async ofExhibit(actor: ActingOfficer, exhibitId: ExhibitId): Promise<ExhibitTimestampsView> {
    await this.authority.require(actor, 'read', exhibitId);
    const manifest = await this.database.asOfficer(actor, async (tx) => {
      const authorised = await this.authority.requireIn(tx, actor, 'read', exhibitId);
      await this.authority.tellReading(tx, actor, authorised, 'timestamps');
      return this.manifests.of(tx, exhibitId);
    });
    return { exhibitId, manifest: manifest && viewOf(manifest), roots: this.roots.pem };
  }

  /** The first stamped head of the log over at least so many entries; null before there is one. */
  async headOver(size: number): Promise<StampedHeadView | null> {
    const head = await this.heads.covering(this.config.logOrigin, size);
    if (!head) return null;
    const note = Buffer.from(head.note).toString('utf8');
    return { size: head.size, note, timestamp: viewOf(head), roots: this.roots.pem };
  }
}

interface Kept {
  readonly token: Uint8Array;
  readonly evidenceRecord: Uint8Array | null;
  readonly genTime: Date;
  readonly tsa: string;
}

function viewOf({ token, evidenceRecord, genTime, tsa }: Kept): TimestampView {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return {
    token: base64(token),
    evidenceRecord: evidenceRecord && base64(evidenceRecord),
    genTime: genTime.toISOString(),
    tsa,
  };
}
