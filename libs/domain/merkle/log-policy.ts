import { formatVerifierKey, parseVerifierKey, type SignatureType, type VerifierKey } from './note-key.js';
import { ProofError } from './proof-error.js';

/** Whom a verifier trusts: its logs, its witnesses, and which witnesses must have cosigned. C2SP tlog-policy. */
export interface LogPolicy {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  readonly quorum: Quorum;
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

/** The policy text for one log and no witnesses. */
export function formatLogPolicy(log: VerifierKey): string {
  return `log ${formatVerifierKey(log)}\nquorum none\n`;
}

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

/** Reads a policy file. C2SP tlog-policy. @throws ProofError 'malformed-policy' with the line */
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
    const key = keyOfType(vkey, 'ed25519');
    requireNew(key, this.#logs);
    this.#logs.push({ key, ...urlField(url) });
  }

  #witness([name, vkey, url, ...more]: string[]): void {
    if (name === undefined || vkey === undefined || more.length > 0) throw malformed('witness <name> <vkey> [<url>]');
    const key = keyOfType(vkey, 'cosignature-v1');
    requireNew(key, this.#witnesses);
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

function keyOfType(vkey: string, type: SignatureType): VerifierKey {
  const key = parseVerifierKey(displayed(vkey));
  if (key.type !== type) throw malformed(`this key is of type ${key.type}, not ${type}`);
  return key;
}

/** One public key is one signer, whatever names it goes by. */
function requireNew(key: VerifierKey, others: readonly { readonly key: VerifierKey }[]): void {
  if (others.length >= MAX_DEFINITIONS) throw malformed(`more than ${MAX_DEFINITIONS} of a kind`);
  if (others.some((other) => key.publicKey.every((byte, at) => byte === other.key.publicKey[at]))) {
    throw malformed('a public key is listed twice');
  }
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
