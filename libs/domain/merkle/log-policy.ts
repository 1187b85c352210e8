import { parseVerifierKey, type VerifierKey } from './note-key.js';
import { ProofError } from './proof-error.js';
import type { SignatureType } from './signature-scheme.js';
import { equalBytes } from './tree-hash.js';

/**
 * Whom a verifier trusts: its logs, its witnesses, and which witnesses must have cosigned. It is the verifier's own, kept
 * from before it saw what it verifies: what came with that is a `ClaimedPolicy`, which no verification takes. C2SP
 * tlog-policy.
 */
export interface LogPolicy {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  readonly quorum: Quorum;
}

/**
 * A policy out of the very thing that is to be verified, which whoever made that thing wrote. A verification that goes
 * by `claim` shows that the thing agrees with itself, and nothing about whose it is.
 */
export interface ClaimedPolicy {
  readonly claim: LogPolicy;
}

export interface PolicyLog {
  /** Its name is the origin of the log's checkpoints. */
  readonly key: VerifierKey;
  readonly url?: string;
}

export interface PolicyWitness {
  /** The name within the policy; that of the key may be another. */
  readonly name: string;
  readonly key: VerifierKey;
  readonly url?: string;
}

export type Quorum =
  | { readonly kind: 'none' }
  | { readonly kind: 'witness'; readonly key: VerifierKey }
  /** At least `threshold` of the members. No witness counts in two places. */
  | { readonly kind: 'group'; readonly threshold: number; readonly members: readonly Quorum[] };

/** Whether these keys of the same policy, whose signatures are verified, make up the quorum. A key counts once. */
export function isQuorumMet(quorum: Quorum, cosigners: ReadonlySet<VerifierKey>): boolean {
  switch (quorum.kind) {
    case 'none':
      return true;
    case 'witness':
      return cosigners.has(quorum.key);
    case 'group':
      return quorum.members.filter((member) => isQuorumMet(member, cosigners)).length >= quorum.threshold;
  }
}

/** @throws ProofError 'malformed-policy' with the line */
export function parseClaimedPolicy(policy: Uint8Array): ClaimedPolicy {
  return { claim: parseLogPolicy(policy) };
}

/**
 * Reads the verifier's own policy file; for one that lies beside the evidence there is `parseClaimedPolicy`. C2SP
 * tlog-policy.
 * @throws ProofError 'malformed-policy' with the line
 */
export function parseLogPolicy(policy: Uint8Array): LogPolicy {
  if (policy.length > MAX_POLICY_SIZE_BYTES) throw malformed(`more than ${MAX_POLICY_SIZE_BYTES} bytes`);
  const reader = new PolicyReader();
  for (const [at, line] of octetString(policy).split('\n').entries()) {
    try {
      reader.line(line);
    } catch (error) {
      throw error instanceof ProofError ? malformed(`line ${at + 1}: ${error.message}`) : error;
    }
  }
  return reader.policy();
}

const MAX_POLICY_SIZE_BYTES = 256 * 1024;
/** Of each kind; the specification asks for 32. A note has room for one log and 63 witnesses. */
const MAX_DEFINITIONS = 63;
const LOG_TYPES: readonly SignatureType[] = ['ed25519', 'ml-dsa-44'];
const WITNESS_TYPES: readonly SignatureType[] = ['cosignature-v1', 'ml-dsa-44'];

/**
 * Names are octets to the specification: here each is one character, so that no Unicode rule can make two of them
 * equal.
 */
class PolicyReader {
  readonly #logs: PolicyLog[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #defined = new Map<string, Quorum>();
  readonly #members = new Set<string>();
  #groups = 0;
  #quorum: Quorum | undefined;

  line(line: string): void {
    if (/[^\t\x20-\x7e\x80-\xff]/.test(line)) throw malformed('a control character');
    const items = line.split(/[ \t]+/).filter((item) => item !== '');
    const [keyword, ...rest] = items;
    if (keyword === undefined || keyword.startsWith('#')) return;
    if (keyword === 'log') this.#log(rest);
    else if (keyword === 'witness') this.#witness(rest);
    else if (keyword === 'group') this.#group(rest);
    else if (keyword === 'quorum') this.#setQuorum(rest);
    else throw malformed('neither log, witness, group nor quorum');
  }

  policy(): LogPolicy {
    if (this.#quorum === undefined) throw malformed('no quorum line');
    return { logs: this.#logs, witnesses: this.#witnesses, quorum: this.#quorum };
  }

  #log([vkey, url, ...more]: string[]): void {
    if (vkey === undefined || more.length > 0) throw malformed('log <vkey> [<url>]');
    const key = keyOfType(vkey, LOG_TYPES);
    this.#requireNew(key, this.#logs);
    this.#logs.push({ key, ...urlField(url) });
  }

  #witness([name, vkey, url, ...more]: string[]): void {
    if (name === undefined || vkey === undefined || more.length > 0) throw malformed('witness <name> <vkey> [<url>]');
    const key = keyOfType(vkey, WITNESS_TYPES);
    this.#requireNew(key, this.#witnesses);
    this.#define(name, { kind: 'witness', key });
    this.#witnesses.push({ name: displayed(name), key, ...urlField(url) });
  }

  #group([name, threshold, ...names]: string[]): void {
    if (name === undefined || threshold === undefined || names.length === 0) {
      throw malformed('group <name> all|any|<k> <name>...');
    }
    if (++this.#groups > MAX_DEFINITIONS) throw malformed(`more than ${MAX_DEFINITIONS} groups`);
    const members = names.map((member) => {
      if (this.#members.has(member)) throw malformed('a name is a member twice');
      this.#members.add(member);
      return this.#lookUp(member);
    });
    this.#define(name, { kind: 'group', threshold: parseThreshold(threshold, members.length), members });
  }

  #setQuorum([name, ...more]: string[]): void {
    if (name === undefined || more.length > 0) throw malformed('quorum <name>');
    if (this.#quorum !== undefined) throw malformed('a second quorum line');
    this.#quorum = name === 'none' ? { kind: 'none' } : this.#lookUp(name);
  }

  #define(name: string, quorum: Quorum): void {
    if (name === 'none' || this.#defined.has(name)) throw malformed('a name is defined already');
    this.#defined.set(name, quorum);
  }

  /** One public key is one signer, whatever names and types it goes by; and no log is a witness of itself. */
  #requireNew({ publicKey }: VerifierKey, ofItsKind: readonly unknown[]): void {
    if (ofItsKind.length >= MAX_DEFINITIONS) throw malformed(`more than ${MAX_DEFINITIONS} of a kind`);
    if ([...this.#logs, ...this.#witnesses].some(({ key }) => equalBytes(key.publicKey, publicKey))) {
      throw malformed('a public key is listed twice');
    }
  }

  #lookUp(name: string): Quorum {
    const quorum = this.#defined.get(name);
    if (quorum === undefined) throw malformed('a name is not defined above');
    return quorum;
  }
}

function parseThreshold(text: string, members: number): number {
  if (text === 'any') return 1;
  if (text === 'all') return members;
  const threshold = /^[1-9][0-9]{0,2}$/.test(text) ? Number(text) : 0;
  if (threshold < 1 || threshold > members) throw malformed(`a threshold is all, any or 1 to ${members}`);
  return threshold;
}

function keyOfType(vkey: string, types: readonly SignatureType[]): VerifierKey {
  const key = parseVerifierKey(displayed(vkey));
  if (!types.includes(key.type)) throw malformed(`this key is of type ${key.type}, not ${types.join(' or ')}`);
  return key;
}

/** Each octet as the character of its number. */
function octetString(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

/** The text of an octet string: UTF-8 where it is, with replacement characters where it is not. */
function displayed(octets: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(octets, (octet) => octet.charCodeAt(0)));
}

const urlField = (url: string | undefined) => (url === undefined ? {} : { url: displayed(url) });
const malformed = (message: string) => new ProofError('malformed-policy', message);
