import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import canonicalize from 'canonicalize';
import { type AgencyId, type EventId } from '#domain/evidence';
import { commitmentOf, type CustodyEvent, CustodyStatement, SALT_SIZE_BYTES } from '#domain/custody';
import { afterCommit, type Transaction } from '#server/database';
import { Answer } from './answer.js';
import { nodeHmac } from './node-hashes.js';
import { SOFTWARE } from './software.js';

/** A statement and the agencies that may read it besides the actor's: the holder of the exhibit, above all. */
export interface Entry {
  readonly statement: CustodyStatement;
  readonly visibleTo: readonly AgencyId[];
  /** The answer that tells of it, where it is appended for several; else the one that is worked for. Null for none. */
  readonly answer?: Answer | null;
}

/** What an append gave: the event's id and what the log will say of it. */
export interface Appended {
  readonly id: EventId;
  readonly event: CustodyEvent;
  readonly commitment: Uint8Array;
}

interface ChainEnd {
  seq: number;
  commitment: string | null;
}

const appended = new WeakMap<Transaction, Uint8Array[]>();

/** What was appended so far in this transaction for the answer that is worked for, each by its commitment. Durable once it commits. */
export function appendedIn(tx: Transaction): readonly Uint8Array[] {
  return appended.get(tx) ?? [];
}

/** The record of custody, from the side that writes it. */
@Injectable()
export class Custody {
  /**
   * Appends events to their chains inside the caller's transaction: they commit with the action they tell of, or not at all.
   * Appends to one chain wait for each other; several chains are locked in one order, so that none waits in a circle. After
   * commit the sequencer gives each its index within about a second.
   */
  async append(tx: Transaction, entries: readonly Entry[], now?: Date): Promise<Appended[]> {
    const chains = new Map<string, ChainEnd>();
    const exhibits = new Map<string, ChainEnd>();
    for (const { statement } of entries) {
      chains.set(statement.chain.id, { seq: 0, commitment: null });
      if (statement.exhibitId) exhibits.set(statement.exhibitId, { seq: 0, commitment: null });
    }
    await this.takeChains(tx, chains, exhibits);
    // Read after the wait for the chains, so that times follow the order of a chain as far as the clock does.
    const at = (now ?? new Date()).toISOString();
    const salts = randomBytes(SALT_SIZE_BYTES * entries.length);
    const written = entries.map(({ statement, visibleTo }, position) => {
      const chain = chains.get(statement.chain.id) ?? { seq: 0, commitment: null };
      const exhibit = statement.exhibitId ? (exhibits.get(statement.exhibitId) ?? null) : null;
      const event: CustodyEvent = {
        ...CustodyStatement.parse(statement),
        schema: 'custody-event/v1',
        id: randomUUID() as EventId,
        at,
        zone: 'UTC',
        caseSeq: chain.seq + 1,
        prevCaseCommitment: chain.commitment,
        ...(exhibit && { exhibitSeq: exhibit.seq + 1, prevExhibitCommitment: exhibit.commitment }),
        software: SOFTWARE,
      };
      const body = Buffer.from(canonicalBody(event), 'utf8');
      const salt = salts.subarray(position * SALT_SIZE_BYTES, (position + 1) * SALT_SIZE_BYTES);
      const commitment = Buffer.from(commitmentOf(salt, body, nodeHmac));
      for (const end of exhibit ? [chain, exhibit] : [chain]) {
        end.seq += 1;
        end.commitment = commitment.toString('base64');
      }
      return { event, body, salt, commitment, agencies: agenciesOf(statement, visibleTo) };
    });
    await this.insert(tx, written);
    remember(tx, entries, written);
    afterCommit(tx, () => {
      for (const [position, { answer = Answer.current() }] of entries.entries()) {
        const commitment = written[position]?.commitment;
        if (commitment) answer?.tell(commitment);
      }
    });
    return written.map(({ event, commitment }) => ({ id: event.id, event, commitment }));
  }

  private async takeChains(
    tx: Transaction,
    chains: Map<string, ChainEnd>,
    exhibits: Map<string, ChainEnd>,
  ): Promise<void> {
    const rows = await tx.query<{ scope: 'chain' | 'exhibit'; id: string; seq: string; commitment: Buffer }[]>(
      `SELECT scope, id, seq, commitment FROM amana.take_chains($1::uuid[], $2::uuid[])`,
      [[...chains.keys()], [...exhibits.keys()]],
    );
    for (const { scope, id, seq, commitment } of rows) {
      (scope === 'chain' ? chains : exhibits).set(id, { seq: Number(seq), commitment: commitment.toString('base64') });
    }
  }

  private async insert(
    tx: Transaction,
    written: readonly { event: CustodyEvent; body: Buffer; salt: Buffer; commitment: Buffer; agencies: string[] }[],
  ): Promise<void> {
    await tx.query(
      `WITH row AS (
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::bigint[], $6::text[], $7::timestamptz[], $8::text[], $9::bytea[], $10::bytea[], $11::bytea[])
           AS r(id, chain_id, case_seq, exhibit_id, exhibit_seq, kind, at, agencies, salt, body, commitment)
       )
       INSERT INTO amana.custody_event (id, chain_id, case_seq, exhibit_id, exhibit_seq, kind, at, agency_ids, states, salt, body, commitment)
       SELECT id, chain_id, case_seq, exhibit_id, exhibit_seq, kind, at, agencies::uuid[],
         ARRAY(SELECT DISTINCT state FROM amana.agency WHERE agency.id = ANY (agencies::uuid[])), salt, body, commitment FROM row`,
      [
        written.map(({ event }) => event.id),
        written.map(({ event }) => event.chain.id),
        written.map(({ event }) => event.caseSeq),
        written.map(({ event }) => event.exhibitId ?? null),
        written.map(({ event }) => event.exhibitSeq ?? null),
        written.map(({ event }) => event.kind),
        written.map(({ event }) => event.at),
        written.map(({ agencies }) => `{${agencies.join(',')}}`),
        written.map(({ salt }) => salt),
        written.map(({ body }) => body),
        written.map(({ commitment }) => commitment),
      ],
    );
  }
}

function remember(
  tx: Transaction,
  entries: readonly Entry[],
  written: readonly { readonly commitment: Uint8Array }[],
): void {
  const answer = Answer.current();
  const own = written.filter((_, at) => (entries[at]?.answer ?? answer) === answer);
  const before = appended.get(tx);
  appended.set(tx, [...(before ?? []), ...own.map(({ commitment }) => commitment)]);
}

function agenciesOf(statement: CustodyStatement, visibleTo: readonly AgencyId[]): string[] {
  const agencies = new Set<string>(visibleTo);
  if (statement.actor.kind === 'officer') agencies.add(statement.actor.agencyId);
  if (statement.chain.kind === 'agency') agencies.add(statement.chain.id);
  return [...agencies];
}

/** RFC 8785 text of an event: canonicalised once, kept and hashed as these bytes. */
function canonicalBody(event: CustodyEvent): string {
  const text = canonicalize(event);
  if (text === undefined) throw new TypeError('an event is an object');
  return text;
}
