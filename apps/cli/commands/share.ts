import type { Command } from 'commander';
import { identitiesOf } from '#client/keystore';
import { agreementOfTeam, currentKeysOf } from '#client/profile';
import { rewrapFileKeys } from '#client/share';
import type { GrantView, WrappedFileKey } from '#domain/contract';
import { type ExhibitId, GrantId } from '#domain/evidence';
import { findAgency, findExhibit } from '../find-exhibit.js';
import { instantOf } from '../instant.js';
import { teamNamed } from '../new-exhibit.js';
import { nodeAead } from '../node/aead.js';
import { freshProfile } from '../refresh.js';
import type { CommonOptions, Session } from '../session.js';
import { UsageError } from '../usage-error.js';
import { trustedManifest } from './fetch.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

interface ProposeOptions extends CommonOptions {
  readonly team: string;
  readonly to: string;
  readonly purpose: string;
  readonly basis: string;
  readonly until: string;
  readonly from?: string;
  readonly under?: string;
  readonly clause?: string;
  readonly necessity?: string;
  readonly conditions?: string;
}

export function addShare(program: Command, runtime: Runtime): void {
  const share = addGroup(program, 'share', 'give exhibits to a partner of a team, under its agreement');
  addCommand(share, 'propose <exhibit...>', 'propose a grant; your client wraps the file keys to the recipient', [
    'share propose TRP-2026-0417/1 --team "Route 7" --to "Procura di Palermo" --purpose "Indictment of the organisers" --basis "JIT agreement, art. 6" --until 2027-06-30',
  ])
    .requiredOption('--team <team>', 'the team, by name or id')
    .requiredOption('--to <agency>', 'the recipient, by name, id or state')
    .requiredOption('--purpose <text>', 'what for')
    .requiredOption('--basis <reference>', 'the legal basis')
    .requiredOption('--until <date>', 'the end, a day or an instant')
    .option('--from <date>', 'the beginning, if not at once')
    .option('--under <purpose>', 'the purpose of the agreement that this is within, where it lists several')
    .option('--clause <number>', 'the clause of the agreement')
    .option('--necessity <text>', 'why it is necessary and proportionate')
    .option('--conditions <text>', 'what the recipient has to undertake')
    .action((exhibits: string[], options: ProposeOptions) =>
      runtime.run(options, (session) => propose(session, exhibits, options)),
    );
  addCommand(share, 'approve <grant>', 'approve what another officer of your agency proposed', [
    'share approve 4be7…',
  ]).action((grant: string, options: CommonOptions) =>
    runtime.run(options, async (session) => tell(session, await session.api().grants.approve(grantId(grant)))),
  );
  addCommand(share, 'accept <grant>', 'accept a grant to your agency, and undertake its conditions', [
    'share accept 4be7… --undertaking "Used for case 12/2026 alone; not passed on"',
  ])
    .requiredOption('--undertaking <text>', 'what your agency undertakes')
    .action((grant: string, options: CommonOptions & { undertaking: string }) =>
      runtime.run(options, async (session) =>
        tell(session, await session.api().grants.accept(grantId(grant), options.undertaking)),
      ),
    );
  addReasoned(share, runtime, 'release', 'release a grant from or to a third state, as an administrator of the team', [
    'share release 4be7… --reason "Necessity checked against the indictment in case 12/2026"',
  ]);
  addReasoned(share, runtime, 'refuse', 'refuse a grant, with the reason');
  addReasoned(share, runtime, 'revoke', 'end a grant now: running downloads stop');
  addCommand(share, 'list', 'the grants from and to your agency, the newest first', [
    'share list',
    'share list --json',
  ]).action((options: CommonOptions) => runtime.run(options, list));
}

function addReasoned(
  share: Command,
  runtime: Runtime,
  verb: 'release' | 'refuse' | 'revoke',
  about: string,
  examples = [`share ${verb} 4be7… --reason "The case was closed"`],
): void {
  addCommand(share, `${verb} <grant>`, about, examples)
    .requiredOption('--reason <text>', 'why')
    .action((grant: string, options: CommonOptions & { reason: string }) =>
      runtime.run(options, async (session) =>
        tell(session, await session.api().grants[verb](grantId(grant), options.reason)),
      ),
    );
}

/**
 * The recipient's keys are those that the team's agreement lists, signed by every party, and no others: what the platform says of them
 * is not asked.
 */
async function propose(session: Session, exhibits: readonly string[], options: ProposeOptions): Promise<void> {
  const profile = await freshProfile(session);
  const api = session.api();
  const team = teamNamed(profile, options.team);
  const agreement = await agreementOfTeam(profile, team.id, new Date());
  const recipient = await currentKeysOf(profile, agreement, (await findAgency(api, options.to)).id);
  if (recipient.agencyId === profile.agency.id) throw new UsageError('an agency does not share with itself');
  const identities = identitiesOf(await session.agencyKeys());
  const exhibitIds: ExhibitId[] = [];
  const wrappedKeys: WrappedFileKey[] = [];
  for (const wanted of exhibits) {
    const exhibitId = await findExhibit(api, wanted);
    // Opening an exhibit's file keys is a retrieval, and on the record as one, also when it is to share them.
    const purpose = `To share with ${recipient.name}: ${options.purpose}`.slice(0, 2000);
    const retrieval = await api.retrievals.begin(exhibitId, { purpose, for: 'examination' });
    await trustedManifest(profile, retrieval, wanted);
    exhibitIds.push(exhibitId);
    wrappedKeys.push(...rewrapFileKeys(retrieval.files, identities, recipient, nodeAead));
  }
  const { purpose, under, basis, until, from, clause, necessity, conditions } = options;
  const grant = await api.grants.propose({
    exhibitIds,
    teamId: team.id,
    toAgencyId: recipient.agencyId,
    purpose,
    ...(under !== undefined && { agreedPurpose: under }),
    legalBasis: basis,
    ...(clause !== undefined && { clause }),
    ...(necessity !== undefined && { necessity }),
    ...(conditions !== undefined && { conditions }),
    ...(from !== undefined && { validFrom: instantOf(from, 'start') }),
    expiresAt: instantOf(until, 'end'),
    wrappedKeys,
  });
  tell(session, grant);
}

async function list(session: Session): Promise<void> {
  const grants: GrantView[] = [];
  for await (const grant of session.api().grants.list()) grants.push(grant);
  const { output } = session;
  output.result(grants, () =>
    grants.length === 0
      ? 'No grants'
      : output.table(
          ['grant', 'state', 'exhibits', 'from', 'to', 'purpose', 'until'],
          grants.map((grant) => [
            grant.id,
            grant.awaitsRelease ? `${grant.state}, held at the gate` : grant.state,
            grant.exhibitIds.length,
            grant.fromAgencyName,
            grant.toAgencyName,
            grant.purpose.length > 40 ? `${grant.purpose.slice(0, 39)}…` : grant.purpose,
            grant.expiresAt.slice(0, 10),
          ]),
        ),
  );
}

function tell({ output }: Session, grant: GrantView): void {
  const {
    id,
    state,
    fromAgencyName,
    toAgencyName,
    purpose,
    agreedPurpose,
    legalBasis,
    clause,
    necessity,
    awaitsRelease,
    releaseReason,
    conditions,
    reason,
    expiresAt,
  } = grant;
  output.result(grant, () =>
    output.fields({
      grant: id,
      state,
      from: fromAgencyName,
      to: toAgencyName,
      purpose,
      within: agreedPurpose,
      'legal basis': legalBasis,
      clause,
      necessity,
      gate: awaitsRelease ? 'waits until an administrator of the team releases it' : releaseReason,
      conditions,
      reason,
      until: expiresAt,
    }),
  );
}

function grantId(text: string): GrantId {
  const parsed = GrantId.safeParse(text.toLowerCase());
  if (!parsed.success) throw new UsageError(`"${text}" is not the id of a grant`);
  return parsed.data;
}
