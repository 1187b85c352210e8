import { Column, Entity, PrimaryColumn, type ValueTransformer } from 'typeorm';
import type { AgencyId, ExhibitId, FileId } from '#domain/evidence';

/** bigint comes as text; sizes are below 2^53. */
const sizeInBytes: ValueTransformer = { to: (bytes: number) => bytes, from: (text: string) => Number(text) };

/** One file of an exhibit; its bytes are one object in the store. */
@Entity({ schema: 'amana', name: 'evidence_file' })
export class EvidenceFile {
  @PrimaryColumn({ type: 'uuid' })
  id!: FileId;

  @Column({ name: 'exhibit_id', type: 'uuid' })
  exhibitId!: ExhibitId;

  @Column({ name: 'agency_id', type: 'uuid' })
  agencyId!: AgencyId;

  /** Place among the exhibit's files, from 0. */
  @Column({ type: 'integer' })
  position!: number;

  @Column({ type: 'text' })
  name!: string;

  @Column({ name: 'name_base64', type: 'text', nullable: true })
  nameBase64!: string | null;

  @Column({ name: 'media_type', type: 'text' })
  mediaType!: string;

  @Column({ name: 'size_bytes', type: 'bigint', transformer: sizeInBytes })
  sizeBytes!: number;

  @Column({ name: 'sealed_size_bytes', type: 'bigint', transformer: sizeInBytes })
  sealedSizeBytes!: number;

  @Column({ type: 'text' })
  state!: 'announced' | 'uploading' | 'stored';

  /** The store's name for the upload that brings or brought the bytes. */
  @Column({ name: 'upload_ref', type: 'text', nullable: true })
  uploadRef!: string | null;

  /** The one version that was acknowledged; every read is by it. */
  @Column({ name: 'version_id', type: 'text', nullable: true })
  versionId!: string | null;

  @Column({ name: 'sha256', type: 'bytea', nullable: true })
  sha256!: Buffer | null;

  @Column({ name: 'chunk_tree_root', type: 'bytea', nullable: true })
  chunkTreeRoot!: Buffer | null;

  @Column({ name: 'leaves_version_id', type: 'text', nullable: true })
  leavesVersionId!: string | null;
}
