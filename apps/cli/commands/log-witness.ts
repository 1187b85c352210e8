import type { Command } from 'commander';
import { ApiError } from '#client/api';
import { askWitness, type WitnessFacts } from '#client/log';
import { formatVerifierKey, openNote, parseVerifierKey, ProofError, type VerifierKey } from '#domain/merkle';
import { IntegrityError } from '../integrity-error.js';
import { type PinnedWitness, PinnedWitnesses } from '../pinned-witnesses.js';
import type { Session } from '../session.js';
import { type LogOptions, addPolicyOption, trustedLog } from '../trusted-log.js';
import { UsageError } from '../usage-error.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

interface AddOptions extends LogOptions {
  readonly key?: string;
}

/** What is known of a pinned witness now. */
interface WitnessState {
  readonly name: string;
  readonly url: string;
  readonly verifierKey: string;
  /** Of the last head of this log that it cosigned; null when it does not answer. */
  readonly size: number | null;
  readonly behind: number | null;
  /** Whether it cosigned the head that is published now. */
  readonly cosigned: boolean;
}

export function addLogWitness(log: Command, runtime: Runtime): void {
  const witness = addGroup(log, 'witness', 'the witnesses that you trust to cosign the log');
  addPolicyOption(
    addCommand(witness, 'add <url>', 'trust a witness, by the key that its operator made known', [
      'log witness add https://witness.borealia.example --key "witness.borealia.example/amana+1c2d3e4f+BM3…"',
    ]),
  )
    .option('--key <verifier key>', 'its key, from its operator; without it the key that it shows is taken on trust')
    .action((url: string, options: AddOptions) => runtime.run(options, (session) => add(session, url, options)));
  addPolicyOption(
    addCommand(witness, 'list', 'the witnesses that you trust, and how far each has followed the log', [
      'log witness list',
      'log witness list --json',
    ]),
  ).action((options: LogOptions) => runtime.run(options, (session) => list(session, options)));
}

async function add(session: Session, given: string, options: AddOptions): Promise<void> {
  const url = addressOf(given);
  const { checkpoint } = await (await trustedLog(session, options)).head();
  const { verifierKey } = await session.ask((send) => askWitness(send, url));
  const key = options.key ?? verifierKey;
  const { name } = keyOf(key);
  if (options.key !== undefined && formatVerifierKey(keyOf(options.key)) !== verifierKey)
    throw new IntegrityError(`the witness at ${url} shows another key than the one given: ${verifierKey}`);
  new PinnedWitnesses(session.home, checkpoint.origin).pin({ name, verifierKey, url });
  if (options.key === undefined)
    session.output.note('Taken on trust; compare it with what its operator made known in another way:');
  session.output.result(
    { origin: checkpoint.origin, name, verifierKey, url },
    () => `Trusted as a witness of ${checkpoint.origin}: ${verifierKey}`,
  );
}

async function list(session: Session, options: LogOptions): Promise<void> {
  const watched = await trustedLog(session, options);
  const { note, checkpoint } = await watched.head();
  const { origin, size } = checkpoint;
  const pinned = new PinnedWitnesses(session.home, origin).read();
  const witnesses = await Promise.all(pinned.map((one) => stateOf(session, one, origin, size, note)));
  session.output.result({ origin, size, witnesses }, () =>
    witnesses.length === 0
      ? `No witness of ${origin} is trusted here; add one with \`amana log witness add URL\``
      : [`${origin}, ${size} entries`, ...witnesses.map((witness) => lineOf(session, witness))].join('\n'),
  );
}

async function stateOf(
  session: Session,
  pinned: PinnedWitness,
  origin: string,
  size: number,
  note: Uint8Array,
): Promise<WitnessState> {
  const key = keyOf(pinned.verifierKey);
  const cosigned = hasCosigned(note, key);
  const facts = await factsOf(session, pinned);
  const held = facts?.logs.find((log) => log.origin === origin)?.size ?? (facts ? 0 : null);
  return { ...pinned, size: held, behind: held === null ? null : Math.max(0, size - held), cosigned };
}

async function factsOf(session: Session, { url }: PinnedWitness): Promise<WitnessFacts | null> {
  try {
    return await session.ask((send) => askWitness(send, url));
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}

function lineOf({ output }: Session, { name, url, size, behind, cosigned }: WitnessState): string {
  const state = size === null ? 'does not answer' : behind === 0 ? 'up to date' : `${String(behind)} entries behind`;
  return `  ${output.shown(name)}  ${state}${cosigned ? ', cosigned this head' : ''}  ${output.shown(url)}`;
}

/** Whether a verified head carries this witness's cosignature too. */
function hasCosigned(note: Uint8Array, key: VerifierKey): boolean {
  try {
    return openNote(note, [key]).signatures.length > 0;
  } catch (error) {
    if (error instanceof ProofError) return false;
    throw error;
  }
}

function addressOf(given: string): string {
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return new URL(given).href;
  throw new UsageError(`"${given}" is not the address of a witness`);
}

function keyOf(text: string): VerifierKey {
  try {
    const key = parseVerifierKey(text);
    if (key.type !== 'ed25519') return key;
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    throw new UsageError(`the key of the witness: ${error.message}`);
  }
  throw new UsageError('this is the key of a log, not of a witness');
}
