import type { Command } from 'commander';
import { certifiedOfficers, entitledRecipients } from '#client/directory';
import { wrapAgencyKeys } from '#client/keystore';
import { ownAgencyKeys } from '#client/profile';
import { certifyOfficer, OfficerCertificate, PublicJwk, signerOf, thumbprintOf } from '#domain/manifest';
import { recipientOf } from '#domain/sealing';
import { officerNamed, officersOf } from '../find-officer.js';
import { confirm } from '../node/confirm.js';
import type { CommonOptions, Session } from '../session.js';
import { UsageError } from '../usage-error.js';
import { addOfficerChanges } from './officer-changes.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

interface CertifyOptions extends CommonOptions {
  readonly kid?: string;
  readonly recipient?: string;
  readonly yes?: boolean;
}

export function addOfficer(program: Command, runtime: Runtime): void {
  const officer = addGroup(program, 'officer', 'the officers of your agency and their keys');
  addCommand(officer, 'list', 'who they are, with which roles, and how their keys stand', ['officer list']).action(
    (options: CommonOptions) => runtime.run(options, list),
  );
  addCommand(officer, 'certify <officer>', "certify an officer's keys with the agency's own, as its administrator", [
    'officer certify haddad@border.ly.example',
    'officer certify haddad@border.ly.example --yes',
    'officer certify haddad@border.ly.example --kid F3Ys… --recipient age1…',
  ])
    .option('--kid <kid>', 'the key id that the officer read out to you (as `amana keys show` prints it)')
    .option('--recipient <recipient>', 'the age recipient that the officer read out to you')
    .option('--yes', 'do not ask: what is enrolled was compared with what the officer read out')
    .action((wanted: string, options: CertifyOptions) =>
      runtime.run(options, (session) => certify(session, wanted, options)),
    );
  addOfficerChanges(officer, runtime);
}

async function list(session: Session): Promise<void> {
  const officers = await officersOf(session.api());
  const { output } = session;
  output.result(officers, () =>
    output.table(
      ['officer', 'email', 'roles', 'keys', 'id'],
      officers.map(({ name, email, roles, keyState, id, leftAt }) => [
        name,
        email,
        roles.join(' '),
        (leftAt ?? null) === null ? keyState : 'left',
        id,
      ]),
    ),
  );
}

/**
 * Key id and recipient are compared with what the officer read out, and the agency's keys are wrapped to recipients alone that the agency
 * itself certified: the platform must not be able to slip in a key of its own.
 */
async function certify(session: Session, wanted: string, options: CertifyOptions): Promise<void> {
  const officers = await officersOf(session.api());
  const officer = officerNamed(officers, wanted);
  const { email, recipient } = officer;
  const signingKey = PublicJwk.safeParse(officer.signingKey);
  if (!signingKey.success || recipient === null) throw new UsageError(`${email} has not enrolled keys yet`);
  const kid = await thumbprintOf(signingKey.data);
  await requireCompared(session, { email, name: officer.name, kid, recipient }, options);
  const bundle = await session.agencyKeys();
  const own = recipientOf((await session.keys()).identity);
  const { recoveryRecipient } = await ownAgencyKeys(session.profile());
  const certificate = await certifyOfficer(
    OfficerCertificate.parse({
      schema: 'amana-officer/v1',
      officerId: officer.id,
      agencyId: officer.agencyId,
      name: officer.name,
      roles: officer.roles,
      signingKey: signingKey.data,
      recipient,
      validFrom: new Date().toISOString(),
    }),
    await signerOf(bundle.signingKey),
  );
  const wrapped = await wrapAgencyKeys(bundle, {
    officers: [own, recipient, ...entitledRecipients(await certifiedOfficers(officers, bundle, new Date()))],
    recovery: recoveryRecipient,
  });
  const certified = await session
    .api()
    .directory.certifyOfficer(officer.id, { certificate, wrappedKeys: Buffer.from(wrapped).toString('base64') });
  session.output.result(certified, () =>
    session.output.fields({
      officer: certified.name,
      email: certified.email,
      keys: certified.keyState,
      'signing key': kid,
      recipient,
    }),
  );
}

interface Enrolled {
  readonly email: string;
  readonly name: string;
  readonly kid: string;
  readonly recipient: string;
}

/** What is enrolled is what the officer read out: given with the command, or compared by who gives it. @throws UsageError */
async function requireCompared({ output }: Session, enrolled: Enrolled, options: CertifyOptions): Promise<void> {
  const { email, name, kid, recipient } = enrolled;
  if (options.kid !== undefined && options.kid !== kid)
    throw new UsageError(`${email} enrolled the key ${kid}, not ${options.kid}`);
  if (options.recipient !== undefined && options.recipient !== recipient)
    throw new UsageError(`${email} enrolled another recipient than ${options.recipient}`);
  if (options.kid !== undefined && options.recipient !== undefined) return;
  output.note(output.fields({ officer: `${name} <${email}>`, 'signing key': kid, recipient }));
  if (options.yes === true) return;
  const hint = `compare key ${kid} and recipient ${recipient} with what ${email} reads out to you, then give --yes`;
  await confirm('Are these what the officer read out to you?', hint);
}
