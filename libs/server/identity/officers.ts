import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import type { OfficerId } from '#domain/evidence';
import { Database } from '#server/database';
import type { Subject } from './token-verifier.js';

/** An officer who acts, with the words a person knows them by. */
export interface SignedInOfficer extends ActingOfficer {
  readonly name: string;
  readonly email: string;
  readonly filterTeam: boolean;
}

type OfficerRow = Omit<SignedInOfficer, 'certified'> & {
  readonly keyState: string;
  readonly validFrom: string | null;
  readonly validUntil: string | null;
};

const SELECT = `SELECT o.id AS "officerId", o.agency_id AS "agencyId", a.state, o.roles, o.key_state AS "keyState", o.filter_team AS "filterTeam",
    o.name, o.email, c.said ->> 'validFrom' AS "validFrom", c.said ->> 'validUntil' AS "validUntil"
  FROM amana.officer o JOIN amana.agency a ON a.id = o.agency_id
    CROSS JOIN LATERAL (SELECT amana.signed_payload(o.certificate) AS said) c`;

const PRESENTING = `WITH spent AS (INSERT INTO amana.spent_proof (id, until) VALUES ($3, $4) ON CONFLICT DO NOTHING RETURNING 1)
  SELECT EXISTS (SELECT FROM spent) AS "isFirst",
    EXISTS (SELECT FROM amana.ended_session WHERE issuer = $1 AND (name = $5 OR name = $6 AND ended_at >= $7)) AS "hasEnded", found.*
  FROM (VALUES (1)) one LEFT JOIN (${SELECT} WHERE o.issuer = $1 AND o.subject = $2 AND o.left_at IS NULL) found ON true`;

/** What the database says of somebody who presents a token and a proof. */
export interface Presenting {
  /** Whether the proof was used up just now, not before. */
  readonly isFirst: boolean;
  /** Whether the issuer has said that the session ended. */
  readonly hasEnded: boolean;
  /** Null when no officer answers to this subject. */
  readonly officer: SignedInOfficer | null;
}

/**
 * From a subject of an issuer to an officer of an agency: by issuer and `sub`, as the directory has them from the officer's invitation,
 * and by nothing else. No claim of a token gives a role, an agency or a name: a provider says who somebody is, an agency what they may do.
 * Where claims are given a meaning they take away only; see `asVouched`.
 */
@Injectable()
export class Officers {
  constructor(private readonly database: Database) {}

  /** Uses up a proof and looks its sender up: one question, because every request asks it. */
  async presenting(
    { issuer, subject, sub, sid, issuedAt, authenticatedAt }: Subject,
    proof: { readonly id: Buffer; readonly until: Date },
    now: Date,
  ): Promise<Presenting> {
    const [row] = await this.database.query<{ isFirst: boolean; hasEnded: boolean } & Partial<OfficerRow>>(PRESENTING, [
      ...[issuer, subject, proof.id, proof.until],
      ...[sid === null ? null : `sid:${sid}`, `sub:${sub}`, authenticatedAt ?? issuedAt],
    ]);
    if (!row) throw new Error('a question without a condition was answered with nothing');
    const { isFirst, hasEnded, ...officer } = row;
    return { isFirst, hasEnded, officer: isOfficer(officer) ? officerAt(officer, now) : null };
  }

  /** An officer as they are now: roles and certificate may have changed, or run out, since they signed in. */
  async current(officerId: OfficerId, now = new Date()): Promise<SignedInOfficer | null> {
    const [row] = await this.database.query<OfficerRow>(`${SELECT} WHERE o.id = $1 AND o.left_at IS NULL`, [officerId]);
    return row ? officerAt(row, now) : null;
  }
}

function isOfficer(row: Partial<OfficerRow>): row is OfficerRow {
  return typeof row.officerId === 'string';
}

/** Certified is who has a certificate that is neither revoked nor out of its time. Its signature was verified when it came in. */
function officerAt({ keyState, validFrom, validUntil, ...officer }: OfficerRow, now: Date): SignedInOfficer {
  const inTime =
    validFrom !== null && now >= new Date(validFrom) && (validUntil === null || now < new Date(validUntil));
  return { ...officer, certified: keyState === 'certified' && inTime };
}
