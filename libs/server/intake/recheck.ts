import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { type FileId, type ExhibitId } from '#domain/evidence';
import {
  addSeal,
  type GeneralJws,
  type Manifest,
  objectVersionsSha256,
  type Seal,
  sealedCounts,
  signerOf,
} from '#domain/manifest';
import { CONFIG, type Config, ConfigError } from '#server/config';
import { Database, type Transaction } from '#server/database';
import { EvidenceStore } from '#server/storage';
import { checkObject } from './check-object.js';
import { EvidenceFile } from './evidence-file.entity.js';
import { Exhibit } from './exhibit.entity.js';
import { signedManifest } from './signed-manifest.js';

/** Objects read at once: while one is waited for another is hashed. */
const OBJECTS_AT_ONCE = 4;

/** A file that is not what was signed. */
export interface BrokenFile {
  readonly fileId: FileId;
  readonly versionId: string;
  readonly because: string;
}

/** What the recheck of an exhibit found. */
export type Rechecked =
  /** It is not waiting for a recheck: it had one, or there is no such exhibit. */
  | { readonly kind: 'nothing-to-do' }
  | {
      readonly kind: 'intact';
      readonly exhibit: Exhibit;
      readonly sealed: GeneralJws;
      readonly seal: Seal;
      readonly leaves: readonly { readonly fileId: FileId; readonly versionId: string }[];
    }
  | {
      readonly kind: 'broken';
      readonly exhibit: Exhibit;
      readonly because: string;
      readonly files: readonly BrokenFile[];
    };

/** Reads back all that the store holds of an exhibit before the platform puts its seal under what the officer signed. */
@Injectable()
export class Recheck implements OnModuleInit {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
    private readonly store: EvidenceStore,
  ) {}

  /** Found out at boot, not with the first exhibit. @throws ConfigError */
  onModuleInit(): void {
    if (!this.config.sealKey) throw new ConfigError(['AMANA_SEAL_KEY: is missing; the worker seals exhibits']);
  }

  /**
   * Changes nothing but the chunk hashes beside the objects, and may be run again: what it found is for `Conclude`.
   * @throws StoreError when the store cannot be asked; that is no finding
   */
  async check(exhibitId: ExhibitId): Promise<Rechecked> {
    const { exhibit, files, signed } = await this.database.asPlatform((tx) => read(tx, exhibitId));
    if (exhibit?.state !== 'stored' || !exhibit.manifest) return { kind: 'nothing-to-do' };
    if (!signed) return broken(exhibit, 'the signature of its manifest does not hold', []);
    const stored = files.flatMap(({ id, versionId }) => (versionId === null ? [] : [{ fileId: id, versionId }]));
    const versions = new Map(stored.map(({ fileId, versionId }) => [fileId, versionId]));
    const missing = signed.files.find(({ id }) => !versions.has(id));
    if (missing || stored.length !== signed.files.length)
      return broken(exhibit, 'its files are not those of its manifest', []);
    const { leaves, faults } = await this.checkAll(exhibit, signed, versions);
    const [first] = faults;
    if (first) return broken(exhibit, `${faults.length} of ${stored.length} objects failed: ${first.because}`, faults);
    const seal: Seal = {
      sealedAt: new Date().toISOString(),
      objectVersionsSha256: objectVersionsSha256(stored),
      verified: sealedCounts(signed),
    };
    return { kind: 'intact', exhibit, seal, leaves, sealed: await this.seal(exhibit.manifest, seal) };
  }

  private async checkAll(
    exhibit: Exhibit,
    { files }: Manifest,
    versions: ReadonlyMap<FileId, string>,
  ): Promise<{ leaves: { fileId: FileId; versionId: string }[]; faults: BrokenFile[] }> {
    const leaves: { fileId: FileId; versionId: string }[] = [];
    const faults: BrokenFile[] = [];
    const queue = files.values();
    const work = async () => {
      for (const file of queue) {
        const versionId = versions.get(file.id) ?? '';
        const found = await checkObject(this.store, exhibit.id, file, versionId);
        if (found.kind === 'intact') leaves.push({ fileId: file.id, versionId: found.leavesVersionId });
        else faults.push({ fileId: file.id, versionId, because: found.because });
      }
    };
    await Promise.all(Array.from({ length: Math.min(OBJECTS_AT_ONCE, files.length) }, work));
    return { leaves, faults };
  }

  private async seal(manifest: GeneralJws, seal: Seal): Promise<GeneralJws> {
    if (!this.config.sealKey) throw new ConfigError(['AMANA_SEAL_KEY: is missing']);
    return addSeal(manifest, seal, await signerOf(this.config.sealKey));
  }
}

function broken(exhibit: Exhibit, because: string, files: readonly BrokenFile[]): Rechecked {
  return { kind: 'broken', exhibit, because, files };
}

/** The exhibit with the manifest as it was signed: its own words, not what rows say of it. */
async function read(
  tx: Transaction,
  exhibitId: ExhibitId,
): Promise<{ exhibit: Exhibit | null; files: EvidenceFile[]; signed: Manifest | null }> {
  const exhibit = await tx.findOneBy(Exhibit, { id: exhibitId });
  const files = await tx.find(EvidenceFile, { where: { exhibitId }, order: { position: 'ASC' } });
  return { exhibit, files, signed: exhibit && (await signedManifest(tx, exhibit)) };
}
