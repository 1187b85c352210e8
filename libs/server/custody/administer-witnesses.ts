import type { Database, Transaction } from '#server/database';
import { recordOfPlatform } from './platform-event.js';
import { putWitness, type WitnessAddress } from './witness-rows.js';

/** A witness as the platform has it on its list. */
export interface ListedWitness {
  readonly name: string;
  readonly verifierKey: string;
  readonly url: string;
  readonly addedAt: Date;
  /** Null while it counts. */
  readonly retiredAt: Date | null;
}

/** Who cosigns decides what the platform calls witnessed: every change is on the record, with its reason, for the auditors of every state. */
export class WitnessList {
  constructor(private readonly database: Database) {}

  /** Adds a witness, takes back one that was retired, or gives one another address. @returns whether anything changed */
  add({ key, verifierKey, url }: WitnessAddress, reason: string): Promise<boolean> {
    return this.changing(async (tx) => {
      const [known] = await find(tx, 'verifier_key', verifierKey);
      if (known?.retiredAt === null && known.url === url) return false;
      await putWitness(
        { query: (sql, parameters) => tx.query(sql, [...(parameters ?? [])]) },
        { key, verifierKey, url },
      );
      await this.record(tx, 'witness-added', { name: key.name, verifierKey, url }, reason);
      return true;
    });
  }

  /**
   * Those that configuration names: who is new is added, who moved gets the new address; who was retired stays so, for a list that was
   * forgotten must not bring anybody back.
   */
  async seed(addresses: readonly WitnessAddress[]): Promise<void> {
    for (const address of addresses) {
      const { verifierKey, url } = address;
      const known = await this.database.query('SELECT FROM amana.log_witness WHERE verifier_key = $1', [verifierKey]);
      if (known.length === 0) await this.add(address, 'named in AMANA_WITNESSES');
      else
        await this.database.query('UPDATE amana.log_witness SET url = $2 WHERE verifier_key = $1', [verifierKey, url]);
    }
  }

  /**
   * From now on its cosignatures count no more for what the platform calls witnessed; those that are there stay.
   * @param which its name or its verifier key @returns those that were retired; none where none is so called
   */
  retire(which: string, reason: string): Promise<ListedWitness[]> {
    return this.changing(async (tx) => {
      const found = [...(await find(tx, 'name', which)), ...(await find(tx, 'verifier_key', which))];
      const going = found.filter(({ retiredAt }) => retiredAt === null);
      for (const { name, verifierKey, url } of going) {
        await tx.query('UPDATE amana.log_witness SET retired_at = now() WHERE verifier_key = $1', [verifierKey]);
        await this.record(tx, 'witness-retired', { name, verifierKey, url }, reason);
      }
      return going;
    });
  }

  all(): Promise<ListedWitness[]> {
    return this.database.asPlatform((tx) => find(tx));
  }

  private async record(
    tx: Transaction,
    kind: 'witness-added' | 'witness-retired',
    witness: { readonly name: string; readonly verifierKey: string; readonly url: string },
    reason: string,
  ): Promise<void> {
    const what = kind === 'witness-added' ? 'is to cosign the log' : 'cosigns the log no more';
    await recordOfPlatform(tx, {
      ...{ kind, reason: `${witness.name} ${what}: ${reason}`, result: 'done' },
      detail: { name: witness.name, verifierKey: witness.verifierKey, url: witness.url },
    });
  }

  /** One change at a time: of two that add the same witness one puts it on the record. */
  private changing<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    return this.database.asPlatform(async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('amana.log-witnesses', 0))`);
      return work(tx);
    });
  }
}

function find(tx: Transaction, column?: 'name' | 'verifier_key', value?: string): Promise<ListedWitness[]> {
  return tx.query<ListedWitness[]>(
    `SELECT name, verifier_key AS "verifierKey", url, added_at AS "addedAt", retired_at AS "retiredAt" FROM amana.log_witness
     ${column ? `WHERE ${column} = $1` : ''} ORDER BY added_at, name`,
    column ? [value] : [],
  );
}
