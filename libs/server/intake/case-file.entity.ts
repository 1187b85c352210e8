import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AgencyId, CaseId, OfficerId, TeamId } from '#domain/evidence';

/** A case of one agency, opened by the first exhibit registered for it. */
@Entity({ schema: 'amana', name: 'case_file' })
export class CaseFile {
  @PrimaryColumn({ type: 'uuid' })
  id!: CaseId;

  @Column({ name: 'agency_id', type: 'uuid' })
  agencyId!: AgencyId;

  @Column({ type: 'text' })
  number!: string;

  @Column({ name: 'team_id', type: 'uuid', nullable: true })
  teamId!: TeamId | null;

  @Column({ type: 'boolean' })
  closed!: boolean;

  @Column({ name: 'opened_by', type: 'uuid' })
  openedBy!: OfficerId;
}
