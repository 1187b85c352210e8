import { existsSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { agencyPublicKeys, createAgencyKeys, createKeystore, newOfficerKeys, wrapAgencyKeys } from '#client/keystore';
import { type InvitationView, InviteAgency } from '#domain/contract';
import { certifyOfficer, publicJwkOf, signAgencyStatement, signerOf } from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';
import { instantOf } from '../instant.js';
import { readNewSecret, readSecret } from '../node/secret-input.js';
import { newInvitationToken } from '../node/invitation-token.js';
import { askProfile } from '../refresh.js';
import { type CommonOptions, type Session, signInClientOf } from '../session.js';
import { signInByPassword, signInInBrowser } from '../sign-in.js';
import { UsageError } from '../usage-error.js';
import { addCommand, type Runtime } from './runtime.js';

interface InviteOptions extends CommonOptions {
  readonly state: string;
  readonly kind: string;
  readonly email: string;
  readonly competence?: readonly string[];
  readonly until: string;
  readonly tokenFile: string;
}

interface AcceptOptions extends CommonOptions {
  readonly recovery: string;
  readonly name: string;
  readonly email: string;
  readonly tokenFile?: string;
  readonly passwordFile?: string;
  readonly browser?: boolean;
}

/** How agencies come into the directory: one that is there invites, the first administrator of the other completes. */
export function addAgencyEntry(agency: Command, runtime: Runtime): void {
  addCommand(agency, 'invite <name>', 'invite an agency of your state, as its oversight or central authority', [
    'agency invite "Coast Guard, Misrata" --state LY --kind border --email admin@coast.ly.example --until 2027-01-31 --token-file token.txt',
  ])
    .requiredOption('--state <code>', 'ISO 3166-1, which is your own')
    .requiredOption('--kind <kind>', 'border, investigation, prosecution, court or oversight')
    .requiredOption('--email <email>', 'address of its first administrator, as the issuer knows it')
    .option('--competence <name...>', 'what it is competent for; see the guide for the list')
    .requiredOption('--until <time>', 'when the invitation ends: a day or an instant, in 30 days at most')
    .requiredOption('--token-file <file>', 'where to write the token, to be given to the administrator by another way')
    .action((name: string, options: InviteOptions) =>
      runtime.run(options, (session) => invite(session, name, options)),
    );
  addCommand(agency, 'accept', 'complete an invitation: make the agency’s first keys and your own, and certify yours', [
    'agency accept --email admin@coast.ly.example --name "A. Salem" --token-file token.txt --recovery /media/usb/recovery.txt',
  ])
    .requiredOption('--email <email>', 'your address, as you sign in with it')
    .requiredOption('--name <name>', 'your name, as your certificate is to have it')
    .requiredOption('--recovery <file>', 'where to write the recovery identity, to be kept offline')
    .option('--token-file <file>', 'the first line of it is the token (else AMANA_INVITATION, else asked)')
    .option('--password-file <file>', 'the first line of it is the password (else AMANA_PASSWORD, else asked)')
    .option('--browser', 'sign in in the browser')
    .action((options: AcceptOptions) => runtime.run(options, (session) => accept(session, options)));
}

async function invite(session: Session, name: string, options: InviteOptions): Promise<void> {
  if (existsSync(options.tokenFile)) throw new UsageError(`${options.tokenFile} is there already`);
  const { token, tokenSha256 } = newInvitationToken();
  const { state, kind, email, competence = [], until } = options;
  const asked = InviteAgency.safeParse({
    ...{ tokenSha256, state, name, kind, email, competences: competence, expiresAt: instantOf(until, 'end') },
  });
  if (!asked.success) {
    const [fault] = asked.error.issues;
    throw new UsageError(`${fault?.path.join('.') ?? ''}: ${fault?.message ?? 'is wrong'}`);
  }
  // Before it is told: an invitation whose token was lost could be completed by nobody, and would stand in the way.
  writeFileSync(options.tokenFile, `${token}\n`, { mode: 0o600, flag: 'wx', flush: true });
  const invitation = await session.api().directory.inviteAgency(asked.data);
  session.output.result({ ...invitation, tokenFile: options.tokenFile }, () =>
    session.output.fields({ ...shown(invitation), token: options.tokenFile }),
  );
}

function shown({ name, state, kind, email, expiresAt }: InvitationView): Record<string, string> {
  return { agency: name, state, kind, administrator: email, 'open until': expiresAt };
}

async function accept(session: Session, options: AcceptOptions): Promise<void> {
  const { email, recovery: file, name, tokenFile, passwordFile } = options;
  const home = session.home.officer(email);
  if (existsSync(file)) throw new UsageError(`${file} is there already; it is never written over`);
  if (home.readKeystore() !== null) throw new UsageError(`${email} has keys here, in ${home.keystorePath}`);
  const value = session.environment.AMANA_INVITATION;
  const hint = 'set AMANA_INVITATION or give --token-file FILE';
  const token = (await readSecret({ value, file: tokenFile, prompt: 'Token of the invitation', hint })).trim();
  const origin = session.originToSignIn();
  const platform = await session.openApi(origin).platform();
  const client = signInClientOf(platform);
  const password = { value: session.environment.AMANA_PASSWORD, file: passwordFile };
  const way = options.browser === true ? 'browser' : 'password';
  const tokens =
    way === 'browser' ? await signInInBrowser(session.output, client) : await signInByPassword(client, email, password);
  if (tokens.idToken === null)
    throw new UsageError('the issuer gave no ID token, which says that the address is yours');
  const signIn = session.tokens(home, { platform });
  await signIn.write(tokens, way);
  const api = session.apiWith(origin, platform, signIn);
  const invited = await api.directory.inspectInvitation(token);

  const recovery = newIdentity();
  writeFileSync(file, `${recovery}\n`, { mode: 0o600, flag: 'wx', flush: true });
  const own = await newOfficerKeys();
  home.writeKeystore(await createKeystore(own, await readNewSecret(session.passphraseSources())));
  const bundle = await createAgencyKeys(invited.agencyId, 1);
  const about = { state: invited.state, name: invited.name, recoveryRecipient: recipientOf(recovery) };
  const keys = agencyPublicKeys(bundle, about);
  const signer = await signerOf(bundle.signingKey);
  const enrolled = { signingKey: publicJwkOf(own.signingKey), recipient: recipientOf(own.identity) };
  const wrapped = await wrapAgencyKeys(bundle, { officers: [enrolled.recipient], recovery: keys.recoveryRecipient });
  await api.directory.acceptInvitation({
    ...{ token, idToken: tokens.idToken, administrator: name, keys: enrolled },
    statement: await signAgencyStatement({ schema: 'amana-agency/v1', ...keys }, signer),
    wrappedKeys: Buffer.from(wrapped).toString('base64'),
    certificate: await certifyOfficer(
      {
        ...{ schema: 'amana-officer/v1', officerId: invited.officerId, agencyId: invited.agencyId, name },
        ...{ roles: ['agency-admin'], ...enrolled, validFrom: new Date().toISOString() },
      },
      signer,
    ),
  });
  home.writeProfile(await askProfile(api, origin, null));
  session.home.rememberOfficer(home.email);
  session.output.result(
    { agencyId: invited.agencyId, officerId: invited.officerId, kid: signer.kid, recovery: file },
    () =>
      session.output.fields({
        agency: invited.name,
        'agency key': signer.kid,
        recipient: keys.recipient,
        'recovery identity': file,
      }),
  );
}
