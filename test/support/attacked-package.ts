import { expect } from '@jest/globals';
import { formatLogPolicy, formatTlogProof, parseTlogProof } from '#domain/merkle';
import {
  PATHS,
  inlineHasher,
  proofPath,
  verifyPackage,
  type Link,
  type PackageContent,
  type ErasedLine,
  type RecordLine,
} from '#domain/package';
import { GoldenLog } from './golden-log.js';
import { makeGolden, packageOf, type Changes, type Golden } from './golden-package.js';
import { nodeHashers, type MemoryPackage } from './memory-package.js';

/** The golden package in the hands of someone who alters it and makes the bag's lists agree with what they did. */
export class AttackedPackage {
  readonly golden: Golden;
  readonly whole: MemoryPackage;
  /** The policy that a reader pins who knows the true log. */
  readonly policy: Uint8Array;

  private constructor(golden: Golden, whole: MemoryPackage) {
    this.golden = golden;
    this.whole = whole;
    this.policy = Buffer.from(formatLogPolicy(golden.keys.log.verifier));
  }

  static async make(): Promise<AttackedPackage> {
    const golden = await makeGolden();
    return new AttackedPackage(golden, await packageOf(golden.content));
  }

  /** Made of other content. What `buildPackage` would refuse to pack as the record, whoever attacks packs by himself. */
  async of({ events, checkpoint, ...changes }: Partial<PackageContent>): Promise<MemoryPackage> {
    const made = await packageOf({ ...this.golden.content, ...changes });
    if (checkpoint !== undefined) made.set(PATHS.checkpoint, checkpoint);
    if (events !== undefined) {
      for (const { index } of this.golden.lines) made.set(proofPath(index), null);
      for (const { index, proof } of events) made.set(proofPath(index), proof);
      made.set(PATHS.events, events.map(lineOf).join(''));
    }
    return made.rebag();
  }

  /** With one file other than it was, or gone. */
  altered(path: string, content: string | Uint8Array | null): MemoryPackage {
    return this.whole.copy().set(path, content).rebag();
  }

  /** With other events, which were truly appended: chain, log and proofs hold. */
  async appended(statements: NonNullable<Changes['statements']>): Promise<MemoryPackage> {
    const { content } = await makeGolden({ statements });
    return this.of({ events: content.events, checkpoint: content.checkpoint });
  }

  /** With other lines in the record, which are truly in the log. */
  async logged(lines: readonly RecordLine[]): Promise<MemoryPackage> {
    const log = new GoldenLog(lines);
    const checkpoint = log.checkpoint(this.golden.keys.log);
    return this.of({ events: await log.packaged(lines, checkpoint), checkpoint });
  }

  /** With one line of the record, from 0, altered as text. */
  lineAltered(at: number, alter: (line: string) => string): MemoryPackage {
    const lines = this.whole.text(PATHS.events).split(/(?<=\n)/);
    return this.altered(PATHS.events, lines.map((line, number) => (number === at ? alter(line) : line)).join(''));
  }

  proofAltered(index: number, alter: (hashes: readonly Uint8Array[]) => readonly Uint8Array[]): MemoryPackage {
    const proof = parseTlogProof(this.file(proofPath(index)));
    return this.altered(proofPath(index), formatTlogProof({ ...proof, hashes: alter(proof.hashes) }));
  }

  /** With another checkpoint, in every proof too. */
  headed(checkpoint: Uint8Array): MemoryPackage {
    const copy = this.whole.copy().set(PATHS.checkpoint, checkpoint);
    for (const { index } of this.golden.lines) {
      const proof = parseTlogProof(this.file(proofPath(index)));
      copy.set(proofPath(index), formatTlogProof({ ...proof, checkpoint }));
    }
    return copy.rebag();
  }

  file(path: string): Uint8Array {
    return this.whole.files.get(path)!;
  }
}

/** A line of the record as surface.md has it. */
function lineOf(line: RecordLine | ErasedLine): string {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const { index } = line;
  if ('body' in line) return `${JSON.stringify({ index, salt: text(line.salt), body: text(line.body) })}\n`;
  const { ground, event } = line.erased;
  return `${JSON.stringify({ index, commitment: text(line.commitment), erased: { ...ground, event } })}\n`;
}

const hasher = inlineHasher(nodeHashers);

/** Fails unless the package is found broken at this link, for this reason, under the pinned policy. */
export async function expectBroken(made: MemoryPackage, link: Link, says: RegExp, policy?: Uint8Array): Promise<void> {
  const verdict = await verifyPackage(made, { hasher, ...(policy && { policy }) });
  expect(verdict).toMatchObject({ verdict: 'broken', link });
  expect(verdict.detail).toMatch(says);
}
