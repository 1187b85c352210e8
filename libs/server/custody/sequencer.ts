import { entryOf } from '#domain/custody';
import { leafHash, RightEdge } from '#domain/merkle';
import type { LogSession } from './log-session.js';
import { nodeSha256 } from './node-hashes.js';

/** Events given an index in one commit, at most. */
export const SEQUENCE_BATCH = 4096;

/**
 * Gives pending events their index in the log, for as long as its session holds office. Order is that of `log_pending`, in which
 * the events of one chain stand as they were appended. An index is never given by a serial: those commit out of order.
 */
export class Sequencer {
  private constructor(
    private readonly session: LogSession,
    private readonly epoch: number,
    private edge: RightEdge,
  ) {}

  /** Begins where the last commit ended, whoever made it. */
  static async begin(session: LogSession, epoch: number): Promise<Sequencer> {
    const [state] = await session.query<{ size: string; edge: Buffer[] }>('SELECT size, edge FROM amana.log_state');
    if (!state) throw new Error('the log has no state: the database is not migrated');
    return new Sequencer(session, epoch, new RightEdge(Number(state.size), state.edge, nodeSha256));
  }

  get size(): number {
    return this.edge.size;
  }

  /**
   * Commits one batch of what is pending and returns how many events it held. A crash before the commit leaves all of them pending, one
   * after it has given all of them their index: when an error leaves open which, begin again from the database.
   * @throws SQLSTATE AM001 when another has taken office
   */
  async sequence(): Promise<number> {
    const pending = await this.session.query<{ position: string; commitment: Buffer }>(
      `SELECT p.position, e.commitment FROM amana.log_pending p JOIN amana.custody_event e ON e.id = p.event_id
       ORDER BY p.position LIMIT $1`,
      [SEQUENCE_BATCH],
    );
    if (pending.length === 0) return 0;
    const grown = this.edge.clone();
    for (const { commitment } of pending) grown.append(leafHash(entryOf(commitment), nodeSha256));
    await this.session.query('SELECT amana.log_commit($1, $2, $3::bigint[], $4::bytea[], $5)', [
      this.epoch,
      this.edge.size,
      pending.map(({ position }) => position),
      grown.hashes.map((hash) => Buffer.from(hash)),
      Buffer.from(grown.root()),
    ]);
    this.edge = grown;
    return pending.length;
  }
}
