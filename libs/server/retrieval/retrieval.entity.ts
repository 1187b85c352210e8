import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AgencyId, ExhibitId, GrantId, OfficerId, RetrievalId } from '#domain/evidence';
import type { GeneralJws } from '#domain/manifest';

/** One officer's authority to have the bytes of one exhibit, for a purpose, for a while. */
@Entity({ schema: 'amana', name: 'retrieval' })
export class Retrieval {
  @PrimaryColumn({ type: 'uuid' })
  id!: RetrievalId;

  @Column({ name: 'exhibit_id', type: 'uuid' })
  exhibitId!: ExhibitId;

  /** What it rests on; null inside the agency that holds the exhibit. */
  @Column({ name: 'grant_id', type: 'uuid', nullable: true })
  grantId!: GrantId | null;

  @Column({ name: 'agency_id', type: 'uuid' })
  agencyId!: AgencyId;

  @Column({ name: 'officer_id', type: 'uuid' })
  officerId!: OfficerId;

  @Column({ type: 'text' })
  act!: 'retrieve' | 'export';

  @Column({ type: 'text' })
  purpose!: string;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  /** When a download under it was cut off, because what it rests on had ended. */
  @Column({ name: 'cut_at', type: 'timestamptz', nullable: true })
  cutAt!: Date | null;

  @Column({ type: 'jsonb', nullable: true })
  receipt!: GeneralJws | null;

  @Column({ name: 'received_at', type: 'timestamptz', nullable: true })
  receivedAt!: Date | null;
}
