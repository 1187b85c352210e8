import { existsSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { agencyPublicKeys, createAgencyKeys, wrapAgencyKeys } from '#client/keystore';
import type { AgencyView } from '#domain/contract';
import { signAgencyStatement, signerOf } from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';
import { freshProfile } from '../refresh.js';
import type { CommonOptions, Session } from '../session.js';
import { UsageError } from '../usage-error.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

interface InitOptions extends CommonOptions {
  readonly recovery: string;
}

export function addAgency(program: Command, runtime: Runtime): void {
  const agency = addGroup(program, 'agency', 'the directory of authorities, and the keys of your own');
  addCommand(agency, 'list', 'every agency, with its state and contact point', ['agency list']).action(
    (options: CommonOptions) => runtime.run(options, list),
  );
  const keys = addGroup(agency, 'keys', "the agency's keys");
  addCommand(keys, 'init', "make the agency's first keys, once, as its administrator", [
    'agency keys init --recovery /media/usb/recovery.txt',
  ])
    .requiredOption('--recovery <file>', 'where to write the recovery identity, to be kept offline')
    .action((options: InitOptions) => runtime.run(options, (session) => init(session, options)));
}

async function list(session: Session): Promise<void> {
  const agencies: AgencyView[] = [];
  for await (const one of session.api().directory.agencies()) agencies.push(one);
  const { output } = session;
  output.result(agencies, () =>
    output.table(
      ['state', 'agency', 'kind', 'contact', 'keys', 'id'],
      agencies.map(({ state, name, kind, contact, statement, id }) => [
        state,
        name,
        kind,
        contact,
        statement ? 'yes' : 'no',
        id,
      ]),
    ),
  );
}

async function init(session: Session, { recovery: file }: InitOptions): Promise<void> {
  const { agency } = await freshProfile(session);
  if (agency.statement) throw new UsageError(`${agency.name} has its keys`);
  if (existsSync(file)) throw new UsageError(`${file} is there already; it is never written over`);
  const recovery = newIdentity();
  writeFileSync(file, `${recovery}\n`, { mode: 0o600, flag: 'wx', flush: true });
  const bundle = await createAgencyKeys(agency.id, 1);
  const keys = agencyPublicKeys(bundle, {
    state: agency.state,
    name: agency.name,
    recoveryRecipient: recipientOf(recovery),
  });
  const own = recipientOf((await session.keys()).identity);
  const wrapped = await wrapAgencyKeys(bundle, { officers: [own], recovery: keys.recoveryRecipient });
  const signer = await signerOf(bundle.signingKey);
  await session.api().directory.publishAgencyKeys(agency.id, {
    statement: await signAgencyStatement({ schema: 'amana-agency/v1', ...keys }, signer),
    wrappedKeys: Buffer.from(wrapped).toString('base64'),
  });
  await freshProfile(session);
  session.output.result({ agencyId: agency.id, kid: signer.kid, recipient: keys.recipient, recovery: file }, () =>
    session.output.fields({
      agency: agency.name,
      'signing key': signer.kid,
      recipient: keys.recipient,
      'recovery identity': file,
    }),
  );
}
