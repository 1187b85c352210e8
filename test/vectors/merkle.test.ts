import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from '@jest/globals';
import { verifyConsistency, verifyInclusion } from '#domain/merkle';
import { requires, vectors, vectorsFolder } from '../support/requires.js';

interface Named<Vector> {
  readonly name: string;
  readonly vector: Vector;
}

/**
 * The RFC 6962 proofs of transparency-dev/merkle, most of them wrong on purpose. Two of them have the index 2^64 − 1,
 * which JavaScript reads as 2^64: both are beyond what a number counts exactly and are refused for that, as the vectors
 * ask.
 */
interface InclusionVector {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string | null;
  readonly leafHash: string | null;
  readonly proof: readonly string[] | null;
  readonly desc: string;
  readonly wantErr: boolean;
}

interface ConsistencyVector {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string | null;
  readonly root2: string | null;
  readonly proof: readonly string[] | null;
  readonly desc: string;
  readonly wantErr: boolean;
}

const folder = join(vectorsFolder, 'merkle', 'testdata');
const inclusion = load('inclusion') as Named<InclusionVector>[];
const consistency = load('consistency') as Named<ConsistencyVector>[];

requires(vectors('merkle'))('the proofs of transparency-dev/merkle', () => {
  it('are 98 of inclusion and 98 of consistency, 196 in all', () => {
    expect([inclusion.length, consistency.length]).toEqual([98, 98]);
    const good = ({ vector }: { vector: { wantErr: boolean } }) => !vector.wantErr;
    expect([inclusion.filter(good).length, consistency.filter(good).length]).toEqual([6, 6]);
  });

  it.each(inclusion)('$name', ({ vector }) => {
    const { leafIdx, treeSize, leafHash, proof, root, wantErr } = vector;
    const verify = () => verifyInclusion(leafIdx, treeSize, bytes(leafHash), (proof ?? []).map(bytes), bytes(root));
    judge(verify, wantErr);
  });

  it.each(consistency)('$name', ({ vector }) => {
    const { size1, size2, root1, root2, proof, wantErr } = vector;
    const verify = () => verifyConsistency(size1, size2, (proof ?? []).map(bytes), bytes(root1), bytes(root2));
    judge(verify, wantErr);
  });
});

function judge(verify: () => void, wantErr: boolean): void {
  if (wantErr) expect(verify).toThrow(expect.objectContaining({ name: 'ProofError' }));
  else expect(verify).not.toThrow();
}

/** The vectors of one kind; where there are none, one that fails, since a table must not be empty. */
function load(kind: string): Named<unknown>[] {
  const root = join(folder, kind);
  if (!existsSync(root)) return [{ name: `${kind}: absent`, vector: {} }];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ name: relative(folder, path), vector: JSON.parse(readFileSync(path, 'utf8')) as unknown }));
}

function bytes(base64: string | null): Uint8Array {
  return Uint8Array.from(Buffer.from(base64 ?? '', 'base64'));
}
