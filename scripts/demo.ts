// A whole journey on real input, told act by act. Exit 0, or the step that broke.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openAgencyKeys, openKeystore } from '#client/keystore';
import { exampleFacts } from '#domain/manifest';
import { makeEvidence } from './demo/evidence.js';
import { rewriteHistory, trustWitnesses } from './demo/history.js';
import { flipOneByte, sameTree } from './demo/files.js';
import { BrokenStep, Stage } from './demo/stage.js';
import { runCommand } from './platform/command.js';
import { DEMO_AGENCIES } from './platform/demo-world.js';
import { launch, type Platform } from './platform/launch.js';
import { keystorePath, seedDemo } from './platform/seed.js';
import { DEMO_WITNESSES } from './platform/witnesses.js';
import { hasCommand } from './services/has-command.js';

const AMAL = 'amal@border.arcadia.example';
const BRUNO = 'bruno@border.arcadia.example';
const PETRA = 'petra@prosecution.borealia.example';
const OMAR = 'omar@oversight.arcadia.example';
const EXHIBIT = 'SP-2026-014/1';

/** More than the store's own notes of an upload: evidence has arrived. */
const ENOUGH_BYTES = 4 * 1024 * 1024;

const folder = resolve('.amana/demo');
const original = join(folder, 'original');
const packageFolder = join(folder, 'package');
const identityFile = join(folder, 'identity.txt');

const given = process.argv.slice(2).map((path) => resolve(path));
rmSync(folder, { recursive: true, force: true });
process.stdout.write('Starting a platform of its own for the demo …\n');
const platform = await launch({ folder: join(folder, 'platform'), witnesses: DEMO_WITNESSES, timestamps: true });
try {
  await seedDemo(platform);
  await play(platform);
} catch (error) {
  if (!(error instanceof BrokenStep)) throw error;
  process.stderr.write(`\ndemo: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  await platform.stop();
}

async function play(running: Platform): Promise<void> {
  const stage = new Stage(running, join(folder, 'homes'));
  await signIn(stage, running);
  await trustWitnesses(stage, running, AMAL);
  const evidence = await seize(stage);
  await seal(stage, running, evidence);
  const grant = await share(stage);
  await retrieve(stage, evidence);
  await revoke(stage, grant);
  await audit(stage);
  await present(stage, running);
  await tamper(stage);
  await rewriteHistory(stage, running, { folder, packageFolder, officer: AMAL });
  process.stdout.write(
    `\nThe package is in ${relative('.', packageFolder)}; it opens with ${relative('.', identityFile)} (demo only); the originals are in ${relative('.', original)}.\n` +
      `Try it yourself: npx amana verify ${relative('.', packageFolder)}\n`,
  );
}

async function signIn(stage: Stage, running: Platform): Promise<void> {
  stage.title('Two states, three agencies, one team');
  for (const { name, state, kind } of DEMO_AGENCIES) stage.tell(`${name} (${state}), ${kind}`);
  for (const who of [AMAL, BRUNO, PETRA, OMAR]) {
    await stage.amana(who, ['login', '--email', who], { quiet: true });
    await stage.amana(who, ['keys', 'import', keystorePath(running.folder, who)], { quiet: true });
  }
  await stage.amana(AMAL, ['whoami']);
  await stage.amana(AMAL, ['team', 'list']);
}

async function seize(stage: Stage): Promise<string[]> {
  stage.title('A phone is seized at the quay');
  const { paths, about } = await makeEvidence(original, given);
  stage.tell(`The evidence: ${about}, in ${relative('.', original)}`);
  const facts = {
    ...exampleFacts('required'),
    exhibitNumber: EXHIBIT,
    caseNumber: 'SP-2026-014',
    source: {
      type: 'mobile phone',
      make: 'Samsung',
      model: 'SM-A546B',
      power: 'on',
      lock: 'locked',
      network: 'isolated',
    },
    remarks: 'Found in the wheelhouse; the owner was present.',
  };
  const incomplete: Record<string, unknown> = { ...facts };
  delete incomplete.legalBasis;
  writeFileSync(join(folder, 'facts-in-haste.json'), JSON.stringify(incomplete, null, 2));
  writeFileSync(join(folder, 'facts.json'), JSON.stringify(facts, null, 2));
  stage.tell('In haste the legal basis was left out: what a court will ask for is asked for now.');
  await stage.amana(
    AMAL,
    ['exhibit', 'seal', ...paths, '--facts', join(folder, 'facts-in-haste.json'), '-o', join(folder, 'draft')],
    { expected: 2 },
  );
  return paths;
}

async function seal(stage: Stage, running: Platform, paths: readonly string[]): Promise<void> {
  stage.title('Sealed and uploaded in one pass, killed in the middle, resumed');
  const upload = ['exhibit', 'upload', ...paths, '--facts', join(folder, 'facts.json')];
  const received = await killWhileUploading(stage, running, upload);
  stage.tell(
    `kill -9 after ${received} bytes had reached the store. The same command again goes on from what the server really has:`,
  );
  await stage.amana(AMAL, upload);
  await stage.amana(AMAL, ['exhibit', 'show', EXHIBIT]);
}

/** Starts the upload and kills it once the store holds some of it. @returns bytes received by then */
async function killWhileUploading(stage: Stage, running: Platform, upload: readonly string[]): Promise<string> {
  const uploads = join(new URL(running.store).pathname, 'uploads');
  const child = stage.start(AMAL, upload);
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  let sizeBytes = 0;
  while (child.exitCode === null && child.signalCode === null && sizeBytes < ENOUGH_BYTES) {
    await delay(5);
    sizeBytes = bytesBelow(uploads);
  }
  child.kill('SIGKILL');
  await ended;
  return sizeBytes.toLocaleString('en');
}

function bytesBelow(place: string): number {
  if (!existsSync(place)) return 0;
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, entry) =>
        sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.blocks ?? 0) * 512,
      0,
    );
}

async function share(stage: Stage): Promise<string> {
  stage.title('Shared under the agreement, with four eyes');
  await stage.amana(PETRA, ['exhibit', 'list']);
  stage.tell(
    'Nothing is there for Petra yet. Amal proposes; her client wraps the file keys to the key that the agreement lists for Borealia.',
  );
  const until = new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10);
  const propose = [
    'share',
    'propose',
    EXHIBIT,
    '--team',
    'JIT Safe Passage',
    '--to',
    'Borealia Prosecution Service',
    '--purpose',
    'trial of the vessel master',
    '--basis',
    'JIT agreement, clause 4',
    '--until',
    until,
  ];
  await stage.amana(AMAL, propose);
  const [proposed] = await stage.json<{ id: string }[]>(AMAL, ['share', 'list']);
  if (!proposed) throw new BrokenStep('the grant is not listed');
  stage.tell('Amal is no approver; Bruno is, and would not be let approve a proposal of his own.');
  await stage.amana(AMAL, ['share', 'approve', proposed.id], { expected: 3 });
  await stage.amana(BRUNO, [...propose.slice(0, -1), until]);
  const [ofBruno] = await stage.json<{ id: string; proposedBy: string }[]>(BRUNO, ['share', 'list']);
  if (!ofBruno || ofBruno.id === proposed.id) throw new BrokenStep("Bruno's grant is not listed");
  await stage.amana(BRUNO, ['share', 'approve', ofBruno.id], { expected: 3 });
  await stage.amana(BRUNO, ['share', 'revoke', ofBruno.id, '--reason', 'proposed twice'], { quiet: true });
  await stage.amana(BRUNO, ['share', 'approve', proposed.id]);
  stage.tell('Approved, but Borealia has undertaken nothing yet: a fetch is refused, and the refusal cites its rule.');
  await stage.amana(PETRA, ['fetch', EXHIBIT, '-o', join(folder, 'too-early'), '--purpose', 'trial'], { expected: 3 });
  await stage.amana(PETRA, [
    'share',
    'accept',
    proposed.id,
    '--undertaking',
    'for the trial of the vessel master alone; not passed on',
  ]);
  return proposed.id;
}

async function retrieve(stage: Stage, paths: readonly string[]): Promise<void> {
  stage.title('Fetched in another state, checked chunk by chunk');
  const fetched = join(folder, 'fetched');
  await stage.amana(PETRA, ['fetch', EXHIBIT, '-o', fetched, '--purpose', 'trial of the vessel master']);
  const differing = sameTree(paths, fetched);
  if (differing !== null) throw new BrokenStep(`what was fetched is not what was seized: ${differing}`);
  stage.tell('Every byte and every name is what was seized.');
}

async function revoke(stage: Stage, grant: string): Promise<void> {
  stage.title('Revoked');
  const [known] = await stage.json<{ id: string }[]>(PETRA, ['exhibit', 'list']);
  if (!known) throw new BrokenStep('the exhibit is not listed for its recipient');
  await stage.amana(AMAL, ['share', 'revoke', grant, '--reason', 'the trial has ended']);
  stage.tell(
    'From this moment it is not even listed for Petra any more; asked for by its id, the refusal cites the rule.',
  );
  await stage.amana(PETRA, ['fetch', known.id, '-o', join(folder, 'too-late'), '--purpose', 'trial'], { expected: 3 });
}

async function audit(stage: Stage): Promise<void> {
  stage.title('Audited');
  for (let tries = 0; ; tries += 1) {
    const reviews = await stage.json<{ id: string; rule: string; because: string }[]>(OMAR, ['audit', 'queue']);
    const refused = reviews.find(({ because }) => because.includes('not approved and accepted'));
    if (refused && reviews.some(({ rule }) => rule === 'first-share-to-state')) {
      await stage.amana(OMAR, ['audit', 'queue']);
      await stage.amana(OMAR, ['audit', 'claim', refused.id], { quiet: true });
      await stage.amana(OMAR, [
        'audit',
        'record',
        refused.id,
        '--dismiss',
        'the recipient tried before accepting; nothing left the platform',
      ]);
      return;
    }
    if (tries === 100) throw new BrokenStep('the reviews were not raised');
    await delay(200);
  }
}

async function present(stage: Stage, running: Platform): Promise<void> {
  stage.title('Presented in court');
  await stage.amana(AMAL, ['package', EXHIBIT, '-o', packageFolder]);
  writeFileSync(identityFile, `${await agencyIdentity(running)}\n`, { mode: 0o600 });
  stage.tell('The court checks it with no network, no account and no trust in us:');
  await stage.amana('court', ['verify', packageFolder]);
  if (hasCommand('sha256sum'))
    await other(stage, 'sha256sum', ['--check', '--quiet', 'manifest-sha256.txt'], packageFolder);
  if (hasCommand('age')) await openWithAge(stage);
  if (hasCommand('openssl')) await timeWithOpenssl(stage);
}

/** When the head of the log was there, by the word of somebody else than the platform. */
async function timeWithOpenssl(stage: Stage): Promise<void> {
  const stamped = ['-in', 'data/custody/timestamps/checkpoint.tsr', '-data', 'data/custody/checkpoint'];
  await other(stage, 'openssl', ['ts', '-verify', ...stamped, '-CAfile', 'data/keys/tsa.pem'], packageFolder);
}

/** What opens the package: the agency's age identity, as an officer of it may have it. Demo only. */
async function agencyIdentity(running: Platform): Promise<string> {
  const amal = await openKeystore(readFileSync(keystorePath(running.folder, AMAL)), running.secrets.demoPassword);
  const profile = JSON.parse(
    readFileSync(join(folder, 'homes', AMAL, 'officers', encodeURIComponent(AMAL), 'profile.json'), 'utf8'),
  ) as {
    agencyKeys: { wrappedKeys: string };
  };
  const { identity } = await openAgencyKeys(Buffer.from(profile.agencyKeys.wrappedKeys, 'base64'), amal.identity);
  return identity;
}

async function openWithAge(stage: Stage): Promise<void> {
  const evidence = join(packageFolder, 'data/evidence');
  const [first] = readdirSync(evidence).filter((name) => name.endsWith('.age'));
  if (!first) throw new BrokenStep('the package has no evidence');
  await other(
    stage,
    'age',
    ['--decrypt', '--identity', identityFile, '--output', join(folder, 'opened-by-age'), join(evidence, first)],
    folder,
  );
}

async function other(stage: Stage, command: string, args: readonly string[], cwd: string): Promise<void> {
  const shown = args.map((word) => (word.startsWith('/') ? relative(cwd, word) : word)).join(' ');
  stage.tell(`and with tools that are not ours: ${command} ${shown}`);
  const { code, stderr } = await runCommand(command, args, process.env, cwd);
  if (code !== 0) throw new BrokenStep(`${command} ended with ${String(code)}: ${stderr}`);
}

async function tamper(stage: Stage): Promise<void> {
  stage.title('One byte is changed');
  const copy = join(folder, 'tampered');
  const timestamp = 'data/custody/timestamps/checkpoint.tsr';
  for (const part of ['data/evidence', 'data/custody/events.jsonl', 'data/manifest.jws.json', timestamp]) {
    const changed = flipOneByte(packageFolder, copy, part);
    stage.tell(`in ${changed}:`);
    await stage.amana('court', ['verify', copy], { expected: 4 });
  }
  rmSync(copy, { recursive: true, force: true });
}
