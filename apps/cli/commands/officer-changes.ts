import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { OfficerView } from '#domain/contract';
import { OfficerId } from '#domain/evidence';
import { certifyOfficer, OfficerCertificate, signerOf } from '#domain/manifest';
import { officerNamed, officersOf, rolesIn } from '../find-officer.js';
import { confirm } from '../node/confirm.js';
import { freshProfile } from '../refresh.js';
import { rotate, tellRotation } from '../rotate-agency.js';
import type { CommonOptions, Session } from '../session.js';
import { addCommand, type Runtime } from './runtime.js';

interface AddOptions extends CommonOptions {
  readonly name: string;
  readonly roles: string;
  readonly subject?: string;
}

interface LeaveOptions extends CommonOptions {
  readonly reason: string;
  readonly yes?: boolean;
}

/** Who comes, who has which roles, and who leaves. */
export function addOfficerChanges(officer: Command, runtime: Runtime): void {
  addCommand(officer, 'add <email>', 'add an officer, who signs in with this address from then on', [
    'officer add haddad@border.ly.example --name "S. Haddad" --roles investigator',
  ])
    .requiredOption('--name <name>', 'as their certificate is to have it')
    .requiredOption('--roles <roles>', 'separated by commas')
    .option('--subject <subject>', 'whom the issuer knows them as, where the address is not to be relied on')
    .action((email: string, options: AddOptions) => runtime.run(options, (session) => add(session, email, options)));
  addCommand(officer, 'roles <officer> <roles>', 'give an officer other roles, with a certificate that names them', [
    'officer roles haddad@border.ly.example investigator,approver',
  ]).action((wanted: string, roles: string, options: CommonOptions) =>
    runtime.run(options, (session) => changeRoles(session, wanted, roles)),
  );
  addCommand(officer, 'revoke <officer>', 'take the certificate of keys away that are lost, or known to others', [
    'officer revoke haddad@border.ly.example --yes',
  ])
    .option('--yes', 'do not ask')
    .action((wanted: string, options: CommonOptions & { yes?: boolean }) =>
      runtime.run(options, (session) => revoke(session, wanted, options.yes === true)),
    );
  addCommand(officer, 'depart <officer>', 'an officer leaves: locked out at once, and new agency keys for who stays', [
    'officer depart haddad@border.ly.example --reason "moved to another post"',
  ])
    .requiredOption('--reason <text>', 'for the agency’s own files')
    .option('--yes', 'do not ask')
    .action((wanted: string, options: LeaveOptions) =>
      runtime.run(options, (session) => depart(session, wanted, options)),
    );
}

async function add(session: Session, email: string, { name, roles, subject }: AddOptions): Promise<void> {
  const added = await session.api().directory.addOfficer({
    ...{ id: OfficerId.parse(randomUUID()), name, email, roles: rolesIn(roles) },
    ...(subject !== undefined && { subject }),
  });
  tell(session, added);
}

async function changeRoles(session: Session, wanted: string, text: string): Promise<void> {
  const roles = rolesIn(text);
  const api = session.api();
  const officer = officerNamed(await officersOf(api), wanted);
  if (officer.keyState !== 'certified') {
    tell(session, await api.directory.changeRoles(officer.id, { roles }));
    return;
  }
  await freshProfile(session);
  const bundle = await session.agencyKeys();
  const certificate = await certifyOfficer(
    OfficerCertificate.parse({
      ...{ schema: 'amana-officer/v1', officerId: officer.id, agencyId: officer.agencyId, name: officer.name, roles },
      ...{ signingKey: officer.signingKey, recipient: officer.recipient, validFrom: new Date().toISOString() },
    }),
    await signerOf(bundle.signingKey),
  );
  tell(session, await api.directory.changeRoles(officer.id, { roles, certificate }));
}

async function revoke(session: Session, wanted: string, isSure: boolean): Promise<void> {
  const api = session.api();
  const officer = officerNamed(await officersOf(api), wanted);
  if (!isSure)
    await confirm(`Take the certificate of ${officer.email} away?`, 'give --yes to take the certificate away');
  tell(session, await api.directory.revokeOfficer(officer.id));
  session.output.note(
    'They enrol other keys with `amana keys init`; then `amana agency rotate`, if others may have theirs',
  );
}

/** The keys follow at once where an administrator says it: what an officer who leaves knows of them they know still. */
async function depart(session: Session, wanted: string, { reason, yes }: LeaveOptions): Promise<void> {
  const api = session.api();
  const own = session.profile().officer;
  const isOwn = wanted.toLowerCase() === own.email.toLowerCase() || wanted.toLowerCase() === own.id;
  const officer = isOwn ? own : officerNamed(await officersOf(api), wanted);
  if (yes !== true) await confirm(`${officer.email} leaves the agency, for good?`, 'give --yes to say that they leave');
  const left = await api.directory.departOfficer(officer.id, reason);
  if (isOwn || officer.keyState !== 'certified') {
    tell(session, left);
    return;
  }
  const rotated = await rotate(session);
  session.output.result(
    { officer: left, rotation: rotated },
    () => `${fields(session, left)}\n${tellRotation(session, rotated)}`,
  );
}

function tell(session: Session, officer: OfficerView): void {
  session.output.result(officer, () => fields(session, officer));
}

function fields({ output }: Session, { id, name, email, roles, keyState, leftAt }: OfficerView): string {
  return output.fields({
    officer: name,
    email,
    roles: roles.join(' '),
    keys: keyState,
    id,
    ...((leftAt ?? null) !== null && { left: leftAt ?? '' }),
  });
}
