import { Injectable } from '@nestjs/common';
import { type Checkpoint, parseCheckpoint, parseNote } from '#domain/merkle';
import { Database } from '#server/database';
import { type PassEnd, ScrubPasses } from '#server/scrub';
import { quorumOf } from './witness-rows.js';

/** A witness, as anyone may know of it. */
export interface WitnessStanding {
  readonly name: string;
  readonly verifierKey: string;
  /** Of the last head that it cosigned. */
  readonly size: number;
  /** Entries published since. */
  readonly behind: number;
  readonly seenAt: string | null;
  /** Why it has cosigned nothing since; null while it does. */
  readonly fault: string | null;
  /** A head under the log's key that it holds and that ours contradict. */
  readonly conflict: string | null;
}

/** The last head that a timestamp authority attested. */
export interface StampStanding {
  readonly size: number;
  /** Entries published since. */
  readonly behind: number;
  /** As the token says it. */
  readonly at: string;
  /** Since then; what is stamped once a minute and is much older than that says that the authority is away. */
  readonly ageSeconds: number;
  readonly authority: string;
}

/** What anyone may see of the log without seeing a case. */
export interface LogStanding {
  readonly origin: string | null;
  readonly size: number;
  /** In base64; null before the first head. */
  readonly root: string | null;
  readonly publishedAt: string | null;
  /** The largest head that the platform's own quorum cosigned; a verifier goes by a policy of their own. */
  readonly witnessedSize: number;
  /** How many witnesses make up that quorum; null without witnesses. */
  readonly quorum: number | null;
  readonly witnesses: readonly WitnessStanding[];
  /** Null before the first, and without an authority. */
  readonly stamped: StampStanding | null;
  /** The last whole pass of the scrubber over evidence and log; none before the first. */
  readonly scrubs: readonly PassEnd[];
}

/** Watches the log from the tables that its office writes; touches nothing that the sequencer does. */
@Injectable()
export class LogMonitor {
  constructor(private readonly database: Database) {}

  async standing(): Promise<LogStanding> {
    const [head] = await this.database.query<{ note: string; published_at: Date }>(
      'SELECT note, published_at FROM amana.log_checkpoint ORDER BY size DESC LIMIT 1',
    );
    const [witnessed] = await this.database.query<{ size: string }>('SELECT size FROM amana.log_witnessed');
    const checkpoint = head ? parseCheckpoint(parseNote(Buffer.from(head.note, 'utf8')).text) : null;
    const size = checkpoint?.size ?? 0;
    const witnesses = await this.witnesses(size);
    const quorum = quorumOf(new Set(witnesses.map(({ name }) => name)).size);
    return {
      origin: checkpoint?.origin ?? null,
      size,
      root: checkpoint && Buffer.from(checkpoint.root).toString('base64'),
      publishedAt: head?.published_at.toISOString() ?? null,
      witnessedSize: Number(witnessed?.size ?? 0),
      quorum: Number.isFinite(quorum) ? quorum : null,
      witnesses,
      stamped: checkpoint && (await this.stamped(checkpoint)),
      scrubs: await new ScrubPasses(this.database).last(),
    };
  }

  private async stamped({ origin, size: published }: Checkpoint): Promise<StampStanding | null> {
    const [row] = await this.database.query<{ size: string; gen_time: Date; tsa: string; age: string }>(
      `SELECT size, gen_time, tsa, greatest(0, floor(extract(epoch FROM now() - gen_time))) AS age
       FROM amana.log_timestamp WHERE origin = $1 ORDER BY size DESC LIMIT 1`,
      [origin],
    );
    if (!row) return null;
    const size = Number(row.size);
    const { gen_time, tsa: authority } = row;
    return {
      ...{ size, behind: Math.max(0, published - size), at: gen_time.toISOString() },
      ...{ ageSeconds: Number(row.age), authority },
    };
  }

  private async witnesses(published: number): Promise<WitnessStanding[]> {
    const rows = await this.database.query<{
      name: string;
      verifier_key: string;
      size: string;
      seen_at: Date | null;
      fault: string | null;
      conflict: string | null;
    }>(
      `SELECT name, verifier_key, size, seen_at, fault, conflict FROM amana.log_witness
       WHERE retired_at IS NULL ORDER BY name, verifier_key`,
    );
    return rows.map(({ name, verifier_key, size, seen_at, fault, conflict }) => ({
      ...{ name, verifierKey: verifier_key, size: Number(size), fault, conflict },
      behind: Math.max(0, published - Number(size)),
      seenAt: seen_at?.toISOString() ?? null,
    }));
  }
}
