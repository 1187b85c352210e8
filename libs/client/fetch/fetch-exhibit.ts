import { bytesToHex } from '@noble/hashes/utils.js';
import { inParallel } from '#client/api';
import type { RetrievalView } from '#domain/contract';
import { CHUNK_SIZE_BYTES, type FileId } from '#domain/evidence';
import type { Manifest, ManifestFile } from '#domain/manifest';
import type { ChunkHasher } from '#domain/sealing';
import { FetchError } from './fetch-error.js';
import { type FetchTools, type WantedFile, fetchFile } from './fetch-file.js';
import type { PartialFile } from './opening-engine.js';

/** Where an exhibit's files go. */
export interface OutputFolder {
  /** What is known of a file here: all of it, under its name, or as much as an earlier attempt left. */
  partial(file: ManifestFile): PartialFile;
  /** The content of a file that has its name; null when none has. */
  finished(file: ManifestFile): Promise<AsyncIterable<Uint8Array> | null>;
}

export interface ExhibitFetchTools extends FetchTools {
  readonly sha256: ChunkHasher;
}

const SMALL_FILES_AT_A_TIME = 8;

/**
 * Fetches all files of an exhibit. What an earlier attempt finished is read and compared, not fetched again.
 *
 * @param manifest of the retrieval, its signatures verified
 * @param identities of the own agency
 * @returns when every file is there and has the digest of the manifest
 * @throws FetchError; ApiError, with what has arrived kept for the next attempt
 */
export async function fetchExhibit(
  retrieval: RetrievalView,
  manifest: Manifest,
  identities: readonly string[],
  folder: OutputFolder,
  tools: ExhibitFetchTools,
): Promise<void> {
  const wanted = wantedFiles(retrieval, manifest);
  const isSmall = ({ file }: WantedFile) => file.sealedSizeBytes <= CHUNK_SIZE_BYTES;
  const fetchOne = async (one: WantedFile) => {
    const { file } = one;
    if (await isFinished(file, folder, tools.sha256)) tools.progress.advance(file.sealedSizeBytes);
    else await fetchFile(one, identities, folder.partial(file), tools);
  };
  await inParallel(wanted.filter(isSmall), SMALL_FILES_AT_A_TIME, fetchOne);
  // A large file has windows enough in flight by itself.
  for (const one of wanted.filter((each) => !isSmall(each))) await fetchOne(one);
}

/** @throws FetchError 'manifest-mismatch' unless the retrieval is of exactly what the manifest names */
function wantedFiles(retrieval: RetrievalView, manifest: Manifest): WantedFile[] {
  if (retrieval.exhibitId !== manifest.exhibitId)
    throw mismatch('the retrieval is of another exhibit than its manifest');
  const given = new Map<FileId, RetrievalView['files'][number]>(retrieval.files.map((file) => [file.id, file]));
  if (given.size !== manifest.files.length) throw mismatch('the retrieval has not the files of the manifest');
  return manifest.files.map((file) => {
    const { header, sealedSizeBytes } = given.get(file.id) ?? {};
    if (header === undefined) throw mismatch('the retrieval does not have it', file);
    if (sealedSizeBytes !== file.sealedSizeBytes) throw mismatch('the retrieval has it in another size', file);
    return { retrievalId: retrieval.id, file, header };
  });
}

async function isFinished(file: ManifestFile, folder: OutputFolder, sha256: ChunkHasher): Promise<boolean> {
  const content = await folder.finished(file);
  if (content === null) return false;
  const hash = sha256.create();
  for await (const piece of content) hash.update(piece);
  return bytesToHex(hash.digest()) === file.sha256;
}

function mismatch(why: string, file?: ManifestFile): FetchError {
  return new FetchError('manifest-mismatch', why, file?.name);
}
