import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import type { OfficerId } from '#domain/evidence';
import { Database } from '#server/database';
import type { Subject } from './token-verifier.js';

/** An officer who acts, with the words a person knows them by. */
export interface SignedInOfficer extends ActingOfficer {
  readonly name: string;
  readonly email: string;
}

const SELECT = `SELECT o.id AS "officerId", o.agency_id AS "agencyId", a.state, o.roles, o.key_state = 'certified' AS certified, o.name, o.email
  FROM amana.officer o JOIN amana.agency a ON a.id = o.agency_id`;

/** From a subject of an issuer to an officer of an agency. Roles are ours: no claim of a token gives one. */
@Injectable()
export class Officers {
  constructor(private readonly database: Database) {}

  /** @returns null when no officer answers to this subject */
  async signedIn({ issuer, subject }: Subject): Promise<SignedInOfficer | null> {
    const [row] = await this.database.query<SignedInOfficer>(`${SELECT} WHERE o.issuer = $1 AND o.subject = $2`, [
      issuer,
      subject,
    ]);
    return row ?? null;
  }

  /** An officer as they are now: roles and certificate may have changed since they signed in. */
  async current(officerId: OfficerId): Promise<SignedInOfficer | null> {
    const [row] = await this.database.query<SignedInOfficer>(`${SELECT} WHERE o.id = $1`, [officerId]);
    return row ?? null;
  }
}
