import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { z } from 'zod';
import { canonicalJson } from './canonical-json.js';
import { equalBytes } from './equal-bytes.js';
import type { PublicJwk, Signer } from './keys.js';
import { ManifestError } from './manifest-error.js';
import type { GeneralJws, HeaderRules, ReadJws } from './strict-jws.js';
import { readJws, signPayload, verifySignature } from './strict-jws.js';
import { parseStrictJson } from './strict-json.js';

/** A kind of signed document: what its signatures are marked with and what it must be. */
export interface StatementKind<Schema extends z.ZodType> {
  readonly typ: string;
  readonly schema: Schema;
}

/** A document read strictly from its exact bytes, its signatures not verified yet. */
export interface ReadStatement<T> {
  readonly statement: T;
  readonly payloadBytes: Uint8Array;
  /** Hexadecimal; how other documents name this one. */
  readonly payloadSha256: string;
  readonly jws: ReadJws;
}

/** A document whose every signature holds. */
export interface VerifiedStatement<T> extends Omit<ReadStatement<T>, 'jws'> {
  /** Whose signatures: key ids, in order. */
  readonly kids: readonly string[];
}

/** Signs a document, which must be as its schema says. @throws ManifestError 'bad-document' and those of `canonicalJson` */
export async function signStatement<Schema extends z.ZodType>(
  { typ, schema }: StatementKind<Schema>,
  statement: z.input<Schema>,
  signer: Signer,
): Promise<GeneralJws> {
  return signPayload(canonicalJson(parseDocument(schema, statement)), typ, signer);
}

/**
 * Reads a document: strict JWS, then canonical JSON, then its schema.
 *
 * @throws ManifestError 'json-…', 'jws-…', 'duplicate-signature', 'payload-not-canonical', 'bad-document'
 */
export function readStatement<Schema extends z.ZodType>(
  { typ, schema }: StatementKind<Schema>,
  jws: unknown,
  rules: HeaderRules = { [typ]: [] },
): ReadStatement<z.output<Schema>> {
  const read = readJws(jws, rules);
  const value = parseStrictJson(read.payloadBytes);
  if (!equalBytes(canonicalJson(value), read.payloadBytes)) {
    throw new ManifestError('payload-not-canonical', 'the signed content is not canonical JSON (RFC 8785)');
  }
  return {
    statement: parseDocument(schema, value),
    payloadBytes: read.payloadBytes,
    payloadSha256: bytesToHex(sha256(read.payloadBytes)),
    jws: read,
  };
}

/**
 * Reads a document and verifies every signature on it.
 *
 * @param keyOf gets the document too, to look the key up among those of whom it names
 * @throws ManifestError as `readStatement` and `verifySignature`
 */
export async function verifyStatement<Schema extends z.ZodType>(
  kind: StatementKind<Schema>,
  jws: unknown,
  keyOf: (kid: string, statement: z.output<Schema>) => PublicJwk | undefined | Promise<PublicJwk | undefined>,
): Promise<VerifiedStatement<z.output<Schema>>> {
  const { jws: read, ...document } = readStatement(kind, jws);
  for (const signature of read.signatures) {
    await verifySignature(read, signature, await keyOf(signature.kid, document.statement));
  }
  return { ...document, kids: read.signatures.map(({ kid }) => kid) };
}

/** @throws ManifestError 'bad-document', naming every fault */
export function parseDocument<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  const [first] = problems;
  throw new ManifestError(
    'bad-document',
    `${first?.path || 'the document'}: ${first?.message ?? 'is wrong'}`,
    problems,
  );
}
