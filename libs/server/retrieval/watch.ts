import { Injectable } from '@nestjs/common';
import type { RetrievalId } from '#domain/evidence';
import { Database } from '#server/database';
import { Officers } from '#server/identity';
import { CutRetrievals } from './cut-retrievals.js';
import type { Retrieval } from './retrieval.entity.js';
import { endOf } from './standing.js';

/** Between two looks at whether a retrieval still stands; with a look's own time well under a second. */
const INTERVAL_MS = 400;
/** Without a look that could be had, bytes flow no longer than this. */
const BLIND_MS = 1_500;

interface Watched {
  readonly retrieval: Retrieval;
  readonly streams: Set<AbortController>;
  readonly timer: NodeJS.Timeout;
  seenStandingAt: number;
  looking: boolean;
}

/** A stream under watch. */
export interface Watch {
  /** Aborted when the bytes must stop. */
  readonly signal: AbortSignal;
  /** The stream is over. */
  end(): void;
}

/**
 * Watches retrievals while bytes flow: whatever ends one (revocation, expiry, a hold, the end of the agreement or of the officer's
 * certificate) stops its streams within a second. All streams of a retrieval share one look.
 */
@Injectable()
export class RetrievalWatch {
  private readonly watched = new Map<RetrievalId, Watched>();

  constructor(
    private readonly database: Database,
    private readonly officers: Officers,
    private readonly cuts: CutRetrievals,
  ) {}

  /** @param retrieval found to stand just now */
  begin(retrieval: Retrieval): Watch {
    const stream = new AbortController();
    const watched = this.watched.get(retrieval.id) ?? this.start(retrieval);
    watched.streams.add(stream);
    return {
      signal: stream.signal,
      end: () => {
        watched.streams.delete(stream);
        if (watched.streams.size === 0) this.stop(watched);
      },
    };
  }

  private start(retrieval: Retrieval): Watched {
    const watched: Watched = {
      retrieval,
      streams: new Set(),
      timer: setInterval(() => void this.look(watched), INTERVAL_MS),
      seenStandingAt: performance.now(),
      looking: false,
    };
    this.watched.set(retrieval.id, watched);
    return watched;
  }

  private stop(watched: Watched): void {
    clearInterval(watched.timer);
    if (this.watched.get(watched.retrieval.id) === watched) this.watched.delete(watched.retrieval.id);
  }

  private async look(watched: Watched): Promise<void> {
    if (performance.now() - watched.seenStandingAt > BLIND_MS) this.abort(watched);
    if (watched.looking) return;
    watched.looking = true;
    const askedAt = performance.now();
    try {
      if (await this.stands(watched.retrieval)) watched.seenStandingAt = askedAt;
      else this.abort(watched);
    } catch {
      // Not known: the database is away. If it stays away, the streams end blind.
    } finally {
      watched.looking = false;
    }
  }

  private abort(watched: Watched): void {
    this.stop(watched);
    for (const stream of watched.streams) stream.abort();
  }

  /** Puts the cut on the record when it does not; the streams end whether that succeeds or not. */
  private async stands(retrieval: Retrieval): Promise<boolean> {
    const actor = await this.officers.current(retrieval.officerId);
    if (!actor) return false;
    const end = await this.database.asOfficer(actor, (tx) => endOf(tx, actor, retrieval, new Date()));
    if (end) void this.cuts.record(actor, retrieval, end);
    return end === null;
  }
}
