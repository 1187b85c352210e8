import type { ProofStanding } from '#domain/contract';
import type { Transaction } from '#server/database';

/**
 * How far the log is published, and witnessed by the platform's own quorum: enough to say of any index how well it is proven. Sizes are
 * compared, nothing is computed, so that a page of a thousand events costs one small query.
 */
export class ProofStandings {
  private constructor(
    private readonly published: number,
    private readonly witnessed: number,
    private readonly witnesses: readonly { readonly name: string; readonly size: number }[],
  ) {}

  static async read(tx: Transaction): Promise<ProofStandings> {
    const [row] = await tx.query<
      { published: string; witnessed: string; witnesses: { name: string; size: number }[] }[]
    >(
      `SELECT (SELECT coalesce(max(size), 0) FROM amana.log_checkpoint) AS published,
         (SELECT size FROM amana.log_witnessed) AS witnessed,
         (SELECT coalesce(json_agg(json_build_object('name', name, 'size', size) ORDER BY name), '[]') FROM (
            SELECT name, max(size) AS size FROM amana.log_witness WHERE retired_at IS NULL GROUP BY name) w) AS witnesses`,
    );
    return new ProofStandings(Number(row?.published ?? 0), Number(row?.witnessed ?? 0), row?.witnesses ?? []);
  }

  /** @param index in the log; null while the event waits for one */
  of(index: number | null): ProofStanding {
    if (index === null || index >= this.published) return { state: 'pending', witnesses: [] };
    const witnesses = this.witnesses.filter(({ size }) => size > index).map(({ name }) => name);
    return { state: index < this.witnessed ? 'witnessed' : 'in-tree', witnesses };
  }
}
