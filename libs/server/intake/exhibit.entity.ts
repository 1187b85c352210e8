import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AgencyId, CaseId, ExhibitId, ExhibitState, OfficerId, TeamId } from '#domain/evidence';
import type { Facts, GeneralJws } from '#domain/manifest';

/** An item of evidence as registered, with the manifest once it is signed. */
@Entity({ schema: 'amana', name: 'exhibit' })
export class Exhibit {
  @PrimaryColumn({ type: 'uuid' })
  id!: ExhibitId;

  @Column({ name: 'case_id', type: 'uuid' })
  caseId!: CaseId;

  @Column({ name: 'agency_id', type: 'uuid' })
  agencyId!: AgencyId;

  @Column({ name: 'team_id', type: 'uuid', nullable: true })
  teamId!: TeamId | null;

  @Column({ name: 'officer_id', type: 'uuid' })
  officerId!: OfficerId;

  @Column({ type: 'text' })
  number!: string;

  @Column({ type: 'text' })
  state!: ExhibitState;

  @Column({ type: 'jsonb' })
  facts!: Facts;

  /** SHA-256 of the canonical registration, by which a repeat is told from another exhibit under the same id. */
  @Column({ name: 'registration_sha256', type: 'bytea' })
  registrationSha256!: Buffer;

  @Column({ type: 'jsonb', nullable: true })
  manifest!: GeneralJws | null;

  /** SHA-256 of the manifest's exact payload. */
  @Column({ name: 'manifest_sha256', type: 'bytea', nullable: true })
  manifestSha256!: Buffer | null;

  @Column({ type: 'uuid', nullable: true })
  supersedes!: ExhibitId | null;

  @Column({ type: 'integer' })
  version!: number;
}
