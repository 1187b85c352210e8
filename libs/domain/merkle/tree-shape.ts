import { ProofError } from './proof-error.js';

/**
 * Sizes and indexes are numbers that must be safe integers: what lies beyond 2^53 − 1 is refused, never rounded. All
 * arithmetic below is division by powers of two, exact in that range.
 */

/** The perfect subtree over leaves [index · 2^height, (index + 1) · 2^height). */
export interface Subtree {
  readonly height: number;
  readonly index: number;
}

/** Leaves [from, to). */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** The perfect subtrees that make up a range of an RFC 9162 tree, largest first. */
export function perfectSubtrees({ from, to }: LeafRange): Subtree[] {
  const subtrees: Subtree[] = [];
  for (let at = from; at < to;) {
    const height = bitLength(to - at) - 1;
    subtrees.push({ height, index: at / 2 ** height });
    at += 2 ** height;
  }
  return subtrees;
}

/** The largest power of two below `count`: where RFC 9162 splits a range of `count` > 1 leaves. */
export function splitPoint(count: number): number {
  return 2 ** (bitLength(count - 1) - 1);
}

export function bitCount(value: number): number {
  let count = 0;
  for (let bits = value; bits > 0; bits = half(bits)) count += bits % 2;
  return count;
}

export const half = (value: number): number => Math.floor(value / 2);
export const isOdd = (value: number): boolean => value % 2 === 1;

function bitLength(value: number): number {
  let length = 0;
  for (let bits = value; bits > 0; bits = half(bits)) length++;
  return length;
}

/** @throws ProofError 'bad-size' */
export function requireSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new ProofError('bad-size', `${size} is no tree size: a safe integer from 0 is`);
  }
}

/** @throws ProofError 'bad-size' | 'bad-index' */
export function requireIndex(index: number, size: number): void {
  requireSize(size);
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new ProofError('bad-index', `index ${index} is not in a tree of ${size} leaves`);
  }
}

/**
 * A number as C2SP writes it: ASCII decimal, no leading zero, and here no more than 2^53 − 1. Undefined when it is not.
 */
export function parseDecimal(text: string): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
