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

/** From a subject of an issuer to an officer of an agency. Roles are ours: no claim of a token gives one. */
@Injectable()
export class Officers {
  constructor(private readonly database: Database) {}

  /** @returns null when no officer answers to this subject */
  async signedIn({ issuer, subject }: Subject, now = new Date()): Promise<SignedInOfficer | null> {
    const [row] = await this.database.query<OfficerRow>(`${SELECT} WHERE o.issuer = $1 AND o.subject = $2`, [
      issuer,
      subject,
    ]);
    return row ? officerAt(row, now) : null;
  }

  /** An officer as they are now: roles and certificate may have changed, or run out, since they signed in. */
  async current(officerId: OfficerId, now = new Date()): Promise<SignedInOfficer | null> {
    const [row] = await this.database.query<OfficerRow>(`${SELECT} WHERE o.id = $1`, [officerId]);
    return row ? officerAt(row, now) : null;
  }
}

/** Certified is who has a certificate that is neither revoked nor out of its time. Its signature was verified when it came in. */
function officerAt({ keyState, validFrom, validUntil, ...officer }: OfficerRow, now: Date): SignedInOfficer {
  const inTime =
    validFrom !== null && now >= new Date(validFrom) && (validUntil === null || now < new Date(validUntil));
  return { ...officer, certified: keyState === 'certified' && inTime };
}
