import { Injectable } from '@nestjs/common';
import { parseCheckpoint, parseNote } from '#domain/merkle';
import { imprintOf } from '#domain/time';
import { Database } from '#server/database';
import type { TimestampAuthority } from './timestamp-authority.js';

/** A head of the log whose time is attested. */
export interface StampedHead {
  readonly size: number;
  /** The bytes that the token is over. */
  readonly note: Uint8Array;
  /** RFC 3161. */
  readonly token: Uint8Array;
  /** RFC 4998, once it was renewed. */
  readonly evidenceRecord: Uint8Array | null;
  readonly genTime: Date;
  readonly tsa: string;
}

interface Row {
  readonly size: string;
  readonly note: string;
  readonly token: Buffer;
  readonly evidence_record: Buffer | null;
  readonly gen_time: Date;
  readonly tsa: string;
}

const COLUMNS = 'size, note, token, evidence_record, gen_time, tsa';

/** Timestamps over heads of the log. Each head is stamped once, as it was served at that moment: with its cosignatures. */
@Injectable()
export class LogTimestamps {
  constructor(private readonly database: Database) {}

  /**
   * Has the exact bytes of a signed note stamped and keeps the token. A head that has one, or that another worker stamps meanwhile, keeps
   * the first.
   * @returns whether a token was kept
   * @throws TsaError, ProofError for a note that is none
   */
  async stampCheckpoint(note: Uint8Array, authority: TimestampAuthority): Promise<boolean> {
    const { origin, size } = parseCheckpoint(parseNote(note).text);
    const kept = await this.database.query('SELECT FROM amana.log_timestamp WHERE origin = $1 AND size = $2', [
      origin,
      size,
    ]);
    if (kept.length > 0) return false;
    const { token, genTime, tsaName, certificateNotAfter } = await authority.stamp(imprintOf(note));
    const inserted = await this.database.query(
      `INSERT INTO amana.log_timestamp (origin, size, note, token, gen_time, tsa, valid_until)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING size`,
      [origin, size, Buffer.from(note).toString('utf8'), Buffer.from(token), genTime, tsaName, certificateNotAfter],
    );
    return inserted.length > 0;
  }

  /** The last stamped head of a log; null before the first. */
  async latest(origin: string): Promise<StampedHead | null> {
    return this.one(`WHERE origin = $1 ORDER BY size DESC LIMIT 1`, [origin]);
  }

  /** The first stamped head over at least so many entries: what bounds, from above, when they were there. */
  async covering(origin: string, size: number): Promise<StampedHead | null> {
    return this.one(`WHERE origin = $1 AND size >= $2 ORDER BY size LIMIT 1`, [origin, size]);
  }

  /** Whether no worker has stamped a head of this log within so many seconds. */
  async isDue(origin: string, everySeconds: number): Promise<boolean> {
    const recent = await this.database.query(
      `SELECT FROM amana.log_timestamp WHERE origin = $1 AND stamped_at > now() - make_interval(secs => $2) LIMIT 1`,
      [origin, everySeconds],
    );
    return recent.length === 0;
  }

  private async one(which: string, parameters: readonly unknown[]): Promise<StampedHead | null> {
    const [row] = await this.database.query<Row>(`SELECT ${COLUMNS} FROM amana.log_timestamp ${which}`, parameters);
    if (!row) return null;
    return {
      size: Number(row.size),
      note: Buffer.from(row.note, 'utf8'),
      token: row.token,
      evidenceRecord: row.evidence_record,
      genTime: row.gen_time,
      tsa: row.tsa,
    };
  }
}
