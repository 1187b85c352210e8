import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { isProblem } from '#client/api';
import { type Profile, requirePlatform } from '#client/profile';
import { thumbprintOf } from '#domain/manifest';
import { followedLog } from '../followed-log.js';
import { findEndpoints, originOf } from '../node/endpoints.js';
import type { OfficerHome } from '../node/home.js';
import { askProfile } from '../refresh.js';
import { type CommonOptions, type Session, signInClientOf } from '../session.js';
import { signInByPassword, signInElsewhere, signInInBrowser } from '../sign-in.js';
import { UsageError } from '../usage-error.js';
import { type Runtime, addCommand } from './runtime.js';
import { describeOfficer } from './whoami.js';

interface LoginOptions extends CommonOptions {
  readonly email?: string;
  readonly passwordFile?: string;
  readonly device?: boolean;
  readonly acceptNewKeys?: boolean;
}

export function addLogin(program: Command, runtime: Runtime): void {
  addCommand(program, 'login', 'sign in, in the browser or with a password', [
    'login',
    'login --api https://custody.example',
    'login --device',
    'login --email investigator@border.ly.example --password-file secret.txt',
  ])
    .option('--email <email>', "sign in with a password, on the platform's own issuer (AMANA_PASSWORD, or asked)")
    .option('--password-file <file>', 'the first line of it is the password')
    .option('--device', 'sign in from a browser on another machine, by a code')
    .option('--accept-new-keys', 'pin the keys of platform and agency anew, after comparing them in another way')
    .action((options: LoginOptions) => runtime.run(options, (session) => login(session, options)));
}

async function login(session: Session, options: LoginOptions): Promise<void> {
  if (options.email !== undefined && options.device === true)
    throw new UsageError('give --email, to sign in with a password, or --device, not both');
  const origin = session.originToSignIn();
  const platform = await session.openApi(origin).platform();
  if (options.acceptNewKeys !== true) await requireKnown(session, platform, origin, options.email);
  const client = signInClientOf(platform);
  const { email, passwordFile: file } = options;
  const way = options.device === true ? 'device' : email === undefined ? 'browser' : 'password';
  const tokens =
    email !== undefined
      ? await signInByPassword(client, email, { value: session.environment.AMANA_PASSWORD, file })
      : await (way === 'device' ? signInElsewhere : signInInBrowser)(session.output, client);
  const asked = email ?? tokens.person.email;
  if (asked === null) throw new UsageError('the issuer does not say who signed in; give --email');
  const home = session.home.officer(asked);
  const before = options.acceptNewKeys === true ? null : home.readProfile();
  const signIn = session.tokens(home, { platform });
  await signIn.write(tokens, way);
  const api = session.apiWith(origin, platform, signIn);
  const profile = await askProfile(api, origin, before).catch(async (error: unknown) => {
    // Perhaps their first sign-in: who was added by address becomes known by it, once.
    if (tokens.idToken === null || before !== null || !isProblem(error, 'unauthenticated')) throw error;
    await api.directory.bindOfficer(tokens.idToken).catch(() => Promise.reject(error as Error));
    return askProfile(api, origin, before);
  });
  home.writeProfile(profile);
  session.home.rememberOfficer(home.email);
  if (before === null) await tellPins(session, profile);
  importDemoKeystore(session, home, origin);
  session.output.result(describeOfficer(profile), () => welcome(session, profile, home));
}

/**
 * Before a password is typed: the platform is the one that this officer, or who else uses this machine, has signed in to before. Of
 * several one is enough: keys that were compared and accepted need not be accepted again by each.
 * @throws ProfileError 'pinned-key-changed'
 */
async function requireKnown(
  session: Session,
  platform: Profile['platform'],
  origin: string,
  email?: string,
): Promise<void> {
  const { home } = session;
  const own = email === undefined ? null : home.officer(email).readProfile();
  const known = own?.api === origin ? [own] : home.profilesAt(origin);
  const refusals: unknown[] = [];
  for (const profile of known) {
    try {
      requirePlatform(platform, namesAnotherLog(platform, profile) ? await followedLog(session, profile) : profile);
    } catch (error) {
      refusals.push(error);
    }
  }
  if (known.length > 0 && refusals.length === known.length) throw refusals[0];
}

function namesAnotherLog({ logVerifierKey }: Profile['platform'], { pins }: Profile): boolean {
  return logVerifierKey !== null && logVerifierKey !== pins.logVerifierKey;
}

/** What was taken on trust just now, to be compared with what platform and agency have made known in another way. */
async function tellPins({ output }: Session, { platform, pins }: Profile): Promise<void> {
  const { logVerifierKey, logMlDsaVerifierKey, issuer, publicUrl, agencyKid } = pins;
  output.note(
    'Pinned at this first sign-in, and refused should it ever change; compare it with what was made known to you:',
  );
  output.note(
    output.fields({
      '  log key': logVerifierKey,
      '  log key, ML-DSA-44': logMlDsaVerifierKey && `sha-256 ${sha256Of(logMlDsaVerifierKey)}`,
      '  platform seal key': platform.sealKey === null ? null : await thumbprintOf(platform.sealKey),
      '  agency key': agencyKid,
      '  issuer': issuer,
      '  platform': publicUrl,
    }),
  );
}

/** Of a key that is too long to be compared by eye: `printf %s KEY | sha256sum` gives the same. */
const sha256Of = (text: string) => createHash('sha256').update(text).digest('hex');

/** The demo's officers have keystores beside their platform; who signs in as one of them gets theirs. */
function importDemoKeystore(session: Session, home: OfficerHome, origin: string): void {
  const endpoints = findEndpoints(process.cwd());
  if (home.readKeystore() !== null || endpoints === null || originOf(endpoints.api) !== origin) return;
  const demo = endpoints.demoOfficers.find(({ email }) => email.toLowerCase() === home.email);
  if (demo?.keystore === undefined) return;
  home.writeKeystore(readFileSync(demo.keystore));
  session.output.note('The keys of this demo officer were imported; their passphrase is the demo password.');
}

function welcome(session: Session, { officer, agency }: Profile, home: OfficerHome): string {
  const { output } = session;
  const lines = [
    `Signed in as ${output.bold(output.shown(officer.name))} of ${output.shown(agency.name)} (${agency.state})`,
  ];
  if (home.readKeystore() === null) lines.push('No keys here yet: `amana keys init`, or `amana keys import FILE`');
  else if (officer.keyState !== 'certified') lines.push(`Keys: ${officer.keyState}; the agency has to certify them`);
  return lines.join('\n');
}
