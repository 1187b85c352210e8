import type { Command } from 'commander';
import { type AgencyKeyBundle, wrapAgencyKeys } from '#client/keystore';
import type { OfficerView } from '#domain/contract';
import {
  certifyOfficer,
  OfficerCertificate,
  PublicJwk,
  publicJwkOf,
  signerOf,
  thumbprintOf,
  verifyAgencyStatement,
  verifyOfficerCertificate,
} from '#domain/manifest';
import type { CommonOptions, Session } from '../session.js';
import { UsageError } from '../usage-error.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

interface CertifyOptions extends CommonOptions {
  readonly kid: string;
  readonly recipient: string;
}

export function addOfficer(program: Command, runtime: Runtime): void {
  const officer = addGroup(program, 'officer', 'the officers of your agency and their keys');
  addCommand(officer, 'list', 'who they are, with which roles, and how their keys stand', ['officer list']).action(
    (options: CommonOptions) => runtime.run(options, list),
  );
  addCommand(officer, 'certify <email>', "certify an officer's keys with the agency's own, as its administrator", [
    'officer certify haddad@border.ly.example --kid F3Ys… --recipient age1…   (as `amana keys show` prints them to the officer)',
  ])
    .requiredOption('--kid <kid>', 'the key id the officer read out to you')
    .requiredOption('--recipient <recipient>', 'the age recipient the officer read out to you')
    .action((email: string, options: CertifyOptions) =>
      runtime.run(options, (session) => certify(session, email, options)),
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
async function certify(session: Session, email: string, { kid, recipient }: CertifyOptions): Promise<void> {
  const officers = await officersOf(session);
  const officer = officers.find((one) => one.email.toLowerCase() === email.toLowerCase());
  if (!officer) throw new UsageError(`${email} is no officer of your agency`);
  const signingKey = PublicJwk.safeParse(officer.signingKey);
  if (!signingKey.success || officer.recipient === null) throw new UsageError(`${email} has not enrolled keys yet`);
  const enrolled = await thumbprintOf(signingKey.data);
  if (enrolled !== kid) throw new UsageError(`${email} enrolled the key ${enrolled}, not ${kid}`);
  if (officer.recipient !== recipient) throw new UsageError(`${email} enrolled another recipient than ${recipient}`);
  const bundle = await session.agencyKeys();
  const { statement } = await verifyAgencyStatement(session.profile().agency.statement);
  const certificate = await certifyOfficer(
    OfficerCertificate.parse({
      schema: 'amana-officer/v1',
      officerId: officer.id,
      agencyId: officer.agencyId,
      name: officer.name,
      roles: officer.roles,
      signingKey: signingKey.data,
      recipient: officer.recipient,
      validFrom: new Date().toISOString(),
    }),
    await signerOf(bundle.signingKey),
  );
  const wrapped = await wrapAgencyKeys(bundle, {
    officers: [recipient, ...(await certifiedRecipients(officers, bundle))],
    recovery: statement.recoveryRecipient,
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
    }),
  );
}

/** Recipients out of certificates that hold under the agency's own key; what the platform merely lists does not count. */
async function certifiedRecipients(
  officers: readonly OfficerView[],
  { agencyId, signingKey }: AgencyKeyBundle,
): Promise<string[]> {
  const agency = { agencyId, signingKey: publicJwkOf(signingKey) };
  const kid = await thumbprintOf(agency.signingKey);
  const recipients: string[] = [];
  for (const { certificate } of officers) {
    if (certificate === null || certificate === undefined) continue;
    const { statement } = await verifyOfficerCertificate(
      certificate,
      (by) => (by === kid ? agency : undefined),
      new Date(),
    );
    recipients.push(statement.recipient);
  }
  return recipients;
}
