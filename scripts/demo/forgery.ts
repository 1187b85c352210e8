// What somebody can do who holds the database superuser, the store and the log's own signing key: everything but the witnesses' keys.
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { commitmentOf, entryOf } from '#domain/custody';
import {
  formatCheckpoint,
  formatTlogProof,
  leafHash,
  nodeHash,
  openNote,
  parseCheckpoint,
  parseSigningKey,
  RightEdge,
  signNote,
} from '#domain/merkle';
import type { Platform } from '../platform/launch.js';

interface RecordLine {
  index: number;
  salt: string;
  body: string;
}

/** Edits the words of a proposed grant in place, as a superuser for whom no trigger and no policy holds. @returns its index in the log */
export async function editGrantEvent(platform: Platform): Promise<number> {
  return asOwner(platform, async (owner) => {
    await owner.query('ALTER TABLE amana.custody_event DISABLE TRIGGER USER');
    const { rows } = await owner.query<{ log_index: string }>(
      `UPDATE amana.custody_event e SET body = convert_to(replace(convert_from(e.body, 'UTF8'), 'trial', 'trail'), 'UTF8')
       FROM amana.log_entry l WHERE l.event_id = e.id AND e.id = (
         SELECT id FROM amana.custody_event WHERE kind = 'grant-proposed' AND convert_from(body, 'UTF8') LIKE '%trial%' ORDER BY at LIMIT 1)
       RETURNING l.log_index`,
    );
    await owner.query('ALTER TABLE amana.custody_event ENABLE TRIGGER USER');
    const [edited] = rows;
    if (!edited) throw new Error('there was nothing to edit');
    return Number(edited.log_index);
  });
}

/**
 * A copy of a package with another last event: its commitment, the tree, every proof, the checkpoint and its signature by the log's own key,
 * and the checksums of the bag are all made anew, so that nothing in it contradicts anything else but the timestamp, which is an
 * authority's to make.
 * @returns the forged head, signed
 */
export async function forgePackage(platform: Platform, from: string, to: string): Promise<Uint8Array> {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  const custody = join(to, 'data/custody');
  const lines = readFileSync(join(custody, 'events.jsonl'), 'utf8').trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as RecordLine);
  const last = events.at(-1);
  if (!last) throw new Error('the package has no events');
  const body = Buffer.from(last.body, 'base64')
    .toString()
    .replace(/"at":"(\d{4})/, (_, year) => `"at":"${Number(year) - 1}`);
  last.body = Buffer.from(body).toString('base64');
  const note = readFileSync(join(custody, 'checkpoint'));
  const { logKey, logMlDsaKey } = platform.secrets;
  const keys = [logKey, ...(logMlDsaKey === null ? [] : [logMlDsaKey])].map(parseSigningKey);
  const { size } = parseCheckpoint(
    openNote(
      note,
      keys.map(({ verifier }) => verifier),
    ).text,
  );
  const leaves = await leavesOf(platform, size);
  leaves[last.index] = leafHash(entryOf(commitmentOf(Buffer.from(last.salt, 'base64'), Buffer.from(body))));
  const head = signHead(platform.logOrigin, leaves, keys);
  writeFileSync(join(custody, 'checkpoint'), head);
  for (const { index } of events) {
    const hashes = path(index, leaves);
    writeFileSync(join(custody, `proofs/${index}.tlog-proof`), formatTlogProof({ index, hashes, checkpoint: head }));
  }
  writeFileSync(join(custody, 'events.jsonl'), events.map((line) => `${JSON.stringify(line)}\n`).join(''));
  rebag(to);
  return head;
}

async function leavesOf(platform: Platform, size: number): Promise<Uint8Array[]> {
  return asOwner(platform, async (owner) => {
    const { rows } = await owner.query<{ commitment: Buffer }>(
      'SELECT commitment FROM amana.log_entry WHERE log_index < $1 ORDER BY log_index',
      [size],
    );
    return rows.map(({ commitment }) => leafHash(entryOf(commitment)));
  });
}

function signHead(
  origin: string,
  leaves: readonly Uint8Array[],
  keys: ReturnType<typeof parseSigningKey>[],
): Uint8Array {
  const edge = new RightEdge();
  for (const leaf of leaves) edge.append(leaf);
  return signNote(formatCheckpoint({ origin, size: edge.size, root: edge.root() }), keys);
}

/** PATH(m, D[n]). RFC 6962 §2.1.1. */
function path(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split ? [...path(index, left), treeHash(right)] : [...path(index - split, right), treeHash(left)];
}

function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only !== undefined && leaves.length === 1) return only;
  const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return nodeHash(treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)));
}

/** Makes the checksums of a bag anew. RFC 8493. */
function rebag(folder: string): void {
  for (const algorithm of ['sha256', 'sha512'])
    checksums(folder, algorithm, `manifest-${algorithm}.txt`, (name) => name.startsWith('data/'));
  const tags = readdirSync(folder).filter((name) => name.startsWith('tagmanifest-'));
  for (const name of tags) checksums(folder, name.slice('tagmanifest-'.length, -'.txt'.length), name, () => true);
}

function checksums(folder: string, algorithm: string, name: string, isListed: (path: string) => boolean): void {
  const file = join(folder, name);
  const paths = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(line.indexOf(' ')).trim());
  const digest = (path: string) =>
    createHash(algorithm)
      .update(readFileSync(join(folder, path)))
      .digest('hex');
  writeFileSync(
    file,
    paths
      .filter(isListed)
      .map((path) => `${digest(path)}  ${path}\n`)
      .join(''),
  );
}

async function asOwner<Result>(platform: Platform, work: (owner: pg.Client) => Promise<Result>): Promise<Result> {
  const owner = new pg.Client({ connectionString: platform.database.ownerUrl });
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}
