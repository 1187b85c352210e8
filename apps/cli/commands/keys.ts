import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type OfficerKeys, createKeystore, newOfficerKeys, openKeystore } from '#client/keystore';
import { publicJwkOf, signerOf } from '#domain/manifest';
import { recipientOf } from '#domain/sealing';
import { readNewSecret } from '../node/secret-input.js';
import { freshProfile } from '../refresh.js';
import type { CommonOptions, Session } from '../session.js';
import { UsageError } from '../usage-error.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

export function addKeys(program: Command, runtime: Runtime): void {
  const keys = addGroup(program, 'keys', "the officer's own keys: to sign with, and to open what is sealed to them");
  addCommand(keys, 'init', 'make keys, keep them under a passphrase, and enrol their public halves', [
    'keys init',
  ]).action((options: CommonOptions) => runtime.run(options, init));
  addCommand(keys, 'show', 'the public halves, to be compared when the agency certifies them', [
    'keys show',
    'keys show --json',
  ]).action((options: CommonOptions) => runtime.run(options, show));
  addCommand(keys, 'export <file>', 'copy the keystore, which stays under its passphrase', [
    'keys export /media/usb/haddad.age',
  ]).action((file: string, options: CommonOptions) => runtime.run(options, (session) => exportKeys(session, file)));
  addCommand(keys, 'import <file>', 'take a keystore that was exported', ['keys import /media/usb/haddad.age']).action(
    (file: string, options: CommonOptions) => runtime.run(options, (session) => importKeys(session, file)),
  );
}

async function init(session: Session): Promise<void> {
  const { officer } = session.profile();
  const keys = await unenrolledKeys(session, officer.signingKey === null);
  await enrol(session, keys);
  await tellKeys(session, keys, session.profile().officer.keyState);
}

/** New keys; or those of an earlier attempt that got no further than to make them. */
async function unenrolledKeys(session: Session, nothingEnrolled: boolean): Promise<OfficerKeys> {
  const home = session.officerHome();
  if (nothingEnrolled && home.readKeystore() !== null) return session.keys();
  requireNoKeystore(session);
  const keys = await newOfficerKeys();
  home.writeKeystore(await createKeystore(keys, await readNewSecret(session.passphraseSources())));
  return keys;
}

async function show(session: Session): Promise<void> {
  await tellKeys(session, await session.keys(), session.profile().officer.keyState);
}

async function exportKeys(session: Session, file: string): Promise<void> {
  const keystore = session.officerHome().readKeystore();
  if (keystore === null) throw new UsageError('there are no keys here to export');
  await session.keys(); // whoever cannot open it does not get it copied in good faith
  writeFileSync(file, keystore, { mode: 0o600, flag: 'wx' });
  session.output.result({ file }, () => `The keystore is in ${session.output.shown(file)}, under its passphrase`);
}

async function importKeys(session: Session, file: string): Promise<void> {
  const home = session.officerHome();
  const { officer } = session.profile();
  requireNoKeystore(session);
  const keystore = readFileSync(file);
  const keys = await openKeystore(keystore, await session.readPassphrase());
  const enrolled = officer.signingKey as { x?: unknown } | null;
  if (enrolled !== null && enrolled.x !== publicJwkOf(keys.signingKey).x) {
    throw new UsageError(`these are not the keys that ${officer.email} enrolled`);
  }
  home.writeKeystore(keystore);
  if (enrolled === null) await enrol(session, keys);
  await tellKeys(session, keys, session.profile().officer.keyState);
}

function requireNoKeystore(session: Session): void {
  const home = session.officerHome();
  if (home.readKeystore() === null) return;
  throw new UsageError(`${home.email} has keys here, in ${home.keystorePath}; they are never written over`);
}

async function enrol(session: Session, { signingKey, identity }: OfficerKeys): Promise<void> {
  await session.api().directory.enrolKeys({ signingKey: publicJwkOf(signingKey), recipient: recipientOf(identity) });
  await freshProfile(session);
}

async function tellKeys({ output }: Session, { signingKey, identity }: OfficerKeys, state: string): Promise<void> {
  const { kid } = await signerOf(signingKey);
  const recipient = recipientOf(identity);
  output.result({ kid, recipient, state }, () => output.fields({ 'signing key': kid, recipient, state }));
}
