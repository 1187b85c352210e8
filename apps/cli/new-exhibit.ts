import type { Command } from 'commander';
import { type ExhibitPlan, FURTHER_HASHES, type FurtherHash, type Sealing, planExhibit } from '#client/seal';
import { type Profile, ownAgencyKeys } from '#client/profile';
import type { ExhibitId, TeamId } from '#domain/evidence';
import type { Facts } from '#domain/manifest';
import { nodeAead } from './node/aead.js';
import { ThreadedEngine } from './node/threaded-engine.js';
import { walkPaths } from './node/walk-paths.js';
import { readFacts } from './facts-file.js';
import type { CommonOptions, Session } from './session.js';
import { UsageError } from './usage-error.js';

/** What is asked of every command that seals. */
export interface SealOptions extends CommonOptions {
  readonly facts?: string;
  readonly team?: string;
  readonly hash?: string;
  /** The exhibit's number where the facts have none: not an option, but what a command knows. */
  readonly exhibitNumber?: string;
}

export function addSealOptions(command: Command): Command {
  return command
    .option('--facts <file>', 'the facts of seizure and acquisition, JSON (see `amana exhibit facts`)')
    .option('--team <team>', 'the joint investigation team, by name or id')
    .option(
      '--hash <algorithms>',
      `further hashes of each file beside SHA-256, joined by commas: ${FURTHER_HASHES.join(', ')}`,
    );
}

/** The facts that `--facts` names. @throws UsageError */
export function readFactsOf(profile: Profile, { facts, exhibitNumber }: SealOptions): Facts {
  if (facts === undefined) throw new UsageError('give the facts of the seizure with --facts FILE');
  return readFacts(facts, profile, exhibitNumber);
}

/** Reads facts and paths, and gives the exhibit its ids and keys. No network. */
export async function planFrom(
  profile: Profile,
  paths: readonly string[],
  options: SealOptions,
  supersedes?: ExhibitId,
): Promise<ExhibitPlan> {
  const facts = readFactsOf(profile, options);
  const { recipient, recoveryRecipient } = await ownAgencyKeys(profile);
  const teamId = options.team === undefined ? undefined : teamNamed(profile, options.team).id;
  const sources = walkPaths(paths);
  return planExhibit({ facts, teamId, supersedes, sources, recipients: [recipient, recoveryRecipient] }, nodeAead);
}

/** @throws UsageError for a team that the agency is not in */
export function teamNamed({ teams }: Profile, wanted: string): Profile['teams'][number] & { id: TeamId } {
  const team = teams.find(({ id, name }) => id === wanted || name.toLowerCase() === wanted.toLowerCase());
  if (team !== undefined) return team;
  const known = teams.map(({ name }) => `"${name}"`).join(', ');
  throw new UsageError(`there is no team "${wanted}"${known === '' ? '' : `; there is ${known}`}`);
}

/** @throws UsageError for a hash we do not make */
export function furtherHashesOf({ hash }: SealOptions): FurtherHash[] {
  if (hash === undefined) return [];
  return [...new Set(hash.split(','))].map((name) => {
    const known = FURTHER_HASHES.find((algorithm) => algorithm === name.toLowerCase());
    if (known === undefined) throw new UsageError(`"${name}" is not one of ${FURTHER_HASHES.join(', ')}`);
    return known;
  });
}

/** Who seals, and with what. */
export function sealingBy({ officer, agency }: Profile, { software }: Session): (sealedAt: Date) => Sealing {
  return (sealedAt) => ({ agencyId: agency.id, officerId: officer.id, sealedAt, software });
}

export function sealingEngine(session: Session): ThreadedEngine {
  const engine = new ThreadedEngine(session.threadEntry);
  session.onClose(() => engine.close());
  return engine;
}
