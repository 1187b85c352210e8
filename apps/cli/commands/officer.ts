import type { Command } from 'commander';
import { type AgencyKeyBundle, wrapAgencyKeys } from '#client/keystore';
import { ownAgencyKeys } from '#client/profile';
import type { OfficerView } from '#domain/contract';
import {
  certifyOfficer,
  OfficerCertificate,
  PublicJwk,
  publicJwkOf,
  signerOf,
  thumbprintOf,
  verifyOfficerCertificate,
} from '#domain/manifest';
import { confirm } from '../node/confirm.js';
import type { CommonOptions, Session } from '../session.js';
import { UsageError } from '../usage-error.js';
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
}

async function officersOf(session: Session): Promise<OfficerView[]> {
  const officers: OfficerView[] = [];
  for await (const one of session.api().directory.officers()) officers.push(one);
  return officers;
}

async function list(session: Session): Promise<void> {
  const officers = await officersOf(session);
  const { output } = session;
  output.result(officers, () =>
    output.table(
      ['officer', 'email', 'roles', 'keys', 'id'],
      officers.map(({ name, email, roles, keyState, id }) => [name, email, roles.join(' '), keyState, id]),
    ),
  );
}

/**
 * Key id and recipient are compared with what the officer read out, and the agency's keys are wrapped to recipients alone that the agency
 * itself certified: the platform must not be able to slip in a key of its own.
 */
async function certify(session: Session, wanted: string, options: CertifyOptions): Promise<void> {
  const officers = await officersOf(session);
  const folded = wanted.toLowerCase();
  const officer = officers.find(({ id, email }) => id === folded || email.toLowerCase() === folded);
  if (!officer) throw new UsageError(`${wanted} is no officer of your agency`);
  const { email, recipient } = officer;
  const signingKey = PublicJwk.safeParse(officer.signingKey);
  if (!signingKey.success || recipient === null) throw new UsageError(`${email} has not enrolled keys yet`);
  const kid = await thumbprintOf(signingKey.data);
  await requireCompared(session, { email, name: officer.name, kid, recipient }, options);
  const bundle = await session.agencyKeys();
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
    officers: [recipient, ...(await certifiedRecipients(officers, bundle))],
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

/** Recipients out of certificates that hold under the agency's own key; what the platform merely lists does not count. */
async function certifiedRecipients(
  officers: readonly OfficerView[],
  { agencyId, signingKey }: AgencyKeyBundle,
): Promise<string[]> {
  const agency = { agencyId, signingKey: publicJwkOf(signingKey) };
  const kid = await thumbprintOf(agency.signingKey);
  const recipients: string[] = [];
  for (const { certificate, keyState } of officers) {
    if (keyState !== 'certified') continue;
    const { statement } = await verifyOfficerCertificate(
      certificate,
      (by) => (by === kid ? agency : undefined),
      new Date(),
    );
    recipients.push(statement.recipient);
  }
  return recipients;
}
