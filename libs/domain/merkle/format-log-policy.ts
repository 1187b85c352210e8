import { utf8ToBytes } from '@noble/hashes/utils.js';
import { parseLogPolicy } from './log-policy.js';
import { formatVerifierKey, type VerifierKey } from './note-key.js';
import { ProofError } from './proof-error.js';

/** Who runs witnesses: it counts once in a quorum, however many keys it has and whichever of them cosigned. */
export interface WitnessOperator {
  /** Within the policy, without spaces: `tunisia`. */
  readonly name: string;
  /** At least one. */
  readonly witnesses: readonly { readonly key: VerifierKey; readonly url?: string }[];
}

export interface Witnessing {
  readonly operators: readonly WitnessOperator[];
  /** How many of them may lie: fewer than a third unless given. */
  readonly faulty?: number;
}

/**
 * The text of a policy: these keys of logs and, where there are operators, a quorum of them after `quorumThreshold`.
 * A checkpoint signed by any one of the logs' keys is accepted: to insist on ML-DSA-44, list no other.
 * @throws ProofError 'malformed-policy' for what `parseLogPolicy` would not read back, as one key of two operators
 * @throws RangeError as `quorumThreshold`
 */
export function formatLogPolicy(logs: VerifierKey | readonly VerifierKey[], witnessing?: Witnessing): string {
  const keys = 'publicKey' in logs ? [logs] : logs;
  const operators = witnessing?.operators ?? [];
  operators.forEach(requireWords);
  const lines = [
    ...keys.map((key) => `log ${formatVerifierKey(key)}`),
    ...operators.flatMap(operatorLines),
    ...quorumLines(operators, witnessing?.faulty),
  ];
  const policy = `${lines.join('\n')}\n`;
  parseLogPolicy(utf8ToBytes(policy));
  return policy;
}

/**
 * How many of `operators` must have cosigned so that no two contradicting heads can both be cosigned by enough, when
 * `faulty` of them sign anything: the least k > (n + f) / 2. For two quorums of k share at least 2k − n operators, and
 * of these one at least is honest when 2k − n > f. Unless given, f is the most that leaves k ≤ n − f, so that the honest
 * ones alone still make a quorum: f < n / 3.
 * @throws RangeError for no operators, or so many faulty ones that no quorum is enough
 */
export function quorumThreshold(operators: number, faulty = Math.floor((operators - 1) / 3)): number {
  if (!Number.isSafeInteger(operators) || operators < 1) throw new RangeError(`${operators} operators make no quorum`);
  if (!Number.isSafeInteger(faulty) || faulty < 0 || faulty >= operators) {
    throw new RangeError(`${faulty} faulty of ${operators} operators leave no quorum`);
  }
  return Math.floor((operators + faulty) / 2) + 1;
}

/** A newline in a name or a URL would write lines of its own. */
function requireWords({ name, witnesses }: WitnessOperator): void {
  for (const word of [name, ...witnesses.flatMap(({ url }) => url ?? [])]) {
    if (!/^[^\s\x00-\x1f\x7f]+$/.test(word)) {
      throw new ProofError('malformed-policy', 'a name or a URL of an operator is not one word');
    }
  }
}

/** A witness line a key; a group of its own for an operator of several. */
function operatorLines({ name, witnesses }: WitnessOperator): string[] {
  const [only] = witnesses;
  if (only !== undefined && witnesses.length === 1) return [witnessLine(name, only)];
  const names = witnesses.map((_, at) => `${name}/${at + 1}`);
  return [
    ...witnesses.map((witness, at) => witnessLine(names[at] as string, witness)),
    `group ${name} any ${names.join(' ')}`,
  ];
}

function witnessLine(name: string, { key, url }: WitnessOperator['witnesses'][number]): string {
  return `witness ${name} ${formatVerifierKey(key)}${url === undefined ? '' : ` ${url}`}`;
}

function quorumLines(operators: readonly WitnessOperator[], faulty?: number): string[] {
  if (operators.length === 0) return ['quorum none'];
  const names = operators.map(({ name }) => name).join(' ');
  return [`group operators ${quorumThreshold(operators.length, faulty)} ${names}`, 'quorum operators'];
}
