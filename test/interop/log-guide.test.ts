import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { PublicLog, proveEntries } from '#client/log';
import { fetchSend } from '#client/api';
import { cosignNote, formatNote, formatVerifierKey, parseLogPolicy, parseNote, signingKey } from '#domain/merkle';
import { PATHS, buildPackage, fingerprintOf } from '#domain/package';
import { formatPemCertificates } from '#domain/time';
import { FolderPackage } from '../../apps/cli/node/folder-package.js';
import { packageHashers } from '../../apps/cli/node/package-hasher.js';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';
import { testLogKey } from '../support/custody.js';
import { seededBytes } from '../support/golden-keys.js';
import { makeGolden } from '../support/golden-package.js';
import { publishLog } from '../support/publish-log.js';
import { requires } from '../support/requires.js';
import { authorityOf, stampedBy } from '../support/stamped-package.js';
import { bringIn, sampleExhibit } from '../support/sample-exhibit.js';

const run = promisify(execFile);
const witness = signingKey('witness.example/w1', 'cosignature-v1', seededBytes('log guide', 32));

let world: TestWorld;
let api: TestApi;
let folder: string;
let guide: string;

/** The blocks of one kind under a heading of the guide, in their order. */
function blocks(heading: string, language: 'sh' | 'python'): string[] {
  const section = guide.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, code]) => code ?? '',
  );
}

/** Runs commands of the guide as its reader would. */
async function shell(commands: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const VKEY = formatVerifierKey(testLogKey().verifier);
  const env = { PATH: process.env.PATH ?? '', LOG: `${api.baseUrl}/log`, VKEY, ...more };
  const { stdout } = await run('sh', ['-euc', commands], { cwd: folder, env });
  return stdout;
}

requires(
  'curl',
  'openssl',
  'python3',
)('the guide to checking the log with tools that are not ours', () => {
  beforeAll(async () => {
    guide = await readFile('docs/log.md', 'utf8');
    folder = await mkdtemp(join(tmpdir(), 'amana-log-guide-'));
    world = await openWorld();
    api = await startApi(world, createApi);
    await bringIn(
      await api.as(world.directory.tripoli.investigator),
      await sampleExhibit(world.directory.tripoli.investigator),
    );
    await publishLog(world);
  });
  afterAll(async () => {
    await api?.stop();
    await world?.end();
    await rm(folder, { recursive: true, force: true });
  });

  it('shows who signed the head, and refuses one that was altered', async () => {
    const [fetched = '', verify = '', keyId = ''] = blocks('1. ', 'sh');
    await shell(fetched);
    expect(await shell(verify)).toContain('Signature Verified Successfully');
    const VKEY = formatVerifierKey(testLogKey().verifier);
    expect((await shell(`name=\${VKEY%%+*}\n${keyId}`)).trim()).toBe(VKEY.split('+').at(-2));
    const altered = "sed -i '2s/$/0/' checkpoint\n";
    await expect(shell(fetched + altered + verify)).rejects.toThrow('Command failed');
  });

  it('recomputes the root from the entries, and finds one that is not the one signed', async () => {
    const [program = ''] = blocks('2. ', 'python');
    const [command = ''] = blocks('2. ', 'sh');
    await writeFile(join(folder, 'tree.py'), program);
    expect(await shell(command)).toMatch(/^\d+ entries of custody\.example\/log\/test lead to /);
    await writeFile(
      join(folder, 'tree.py'),
      program.replace('yield data[2:2 + length]', 'yield data[2:1 + length] + b"x"'),
    );
    await expect(shell(command)).rejects.toThrow('the entries do not lead to the signed root');
  });

  it('proves an event, and no other', async () => {
    const [program = ''] = blocks('3. ', 'python');
    await writeFile(join(folder, 'event.py'), program);
    const log = new PublicLog({ baseUrl: api.baseUrl, send: fetchSend(fetch) });
    const policy = parseLogPolicy(Buffer.from(`log ${formatVerifierKey(testLogKey().verifier)}\nquorum none\n`));
    const rows = await world.query<{ log_index: string; salt: Buffer; body: Buffer }>(
      `SELECT l.log_index, e.salt, e.body FROM amana.log_entry l JOIN amana.custody_event e ON e.id = l.event_id ORDER BY l.log_index`,
    );
    const proofs = await proveEntries(
      rows.map((_, index) => index),
      await log.checkpoint(),
      policy,
      log,
    );
    for (const [index, { salt, body }] of rows.entries()) {
      await writeFile(join(folder, 'event.tlog-proof'), proofs[index] ?? '');
      const words = { SALT: salt.toString('base64'), BODY: body.toString('base64') };
      const said = await shell('python3 event.py "$SALT" "$BODY" event.tlog-proof', words);
      expect(said).toBe(`event ${index} is in the tree of ${rows.length}\n`);
    }
    const SALT = Buffer.alloc(32).toString('base64');
    const forged = shell('python3 event.py "$SALT" "$SALT" event.tlog-proof', { SALT });
    await expect(forged).rejects.toThrow('the event is not in the tree under this head');
  });

  it('checks a cosignature, and refuses one of another time', async () => {
    const [fetched = '', verify = ''] = blocks('1. ', 'sh');
    const [cosigned = ''] = blocks('4. ', 'sh');
    const WKEY = formatVerifierKey(witness.verifier);
    await shell(fetched);
    const { text, signatures } = parseNote(await readFile(join(folder, 'checkpoint')));
    const line = cosignNote(text, witness, 1_764_000_000);
    await writeFile(join(folder, 'checkpoint'), formatNote({ text, signatures: [...signatures, line] }));
    expect(await shell(verify + cosigned, { WKEY })).toContain('Signature Verified Successfully');
    const later = cosigned.replace('time %d', 'time 1%d');
    await expect(shell(verify + later, { WKEY })).rejects.toThrow('Command failed');
  });

  it('checks the time of a package, and of no other', async () => {
    const [verify = ''] = blocks('5. ', 'sh');
    const { content } = await makeGolden();
    const authority = await authorityOf();
    const PACKAGE = join(folder, 'package');
    await buildPackage(await stampedBy(authority, content), new FolderPackage(PACKAGE), packageHashers);
    const ROOT = join(folder, 'root.pem');
    await writeFile(ROOT, formatPemCertificates([authority.root.der]));
    const said = await shell(verify, { PACKAGE, ROOT });
    const fingerprint = said
      .match(/Fingerprint=(.*)/i)?.[1]
      ?.replaceAll(':', '')
      .toLowerCase();
    expect(fingerprint).toBe(fingerprintOf(authority.root.der));
    expect(said.match(/^Verification: OK$/gm)).toHaveLength(2);
    expect(said).toMatch(/^Time stamp: Nov 20 16:10:00 2026 GMT$/m);
    await writeFile(ROOT, formatPemCertificates([(await authorityOf()).root.der]));
    await expect(shell(verify, { PACKAGE, ROOT })).rejects.toThrow('Command failed');
    await writeFile(ROOT, formatPemCertificates([authority.root.der]));
    for (const [part, path] of [
      ['checkpoint', PATHS.checkpoint],
      ['manifest', PATHS.manifest],
    ] as const) {
      const whole = await readFile(join(PACKAGE, path));
      const other = await makeGolden({ statements: (all) => all.slice(1) });
      const changed =
        part === 'checkpoint' ? other.content.checkpoint : JSON.stringify({ payload: 'e30', signatures: [] });
      await writeFile(join(PACKAGE, path), changed);
      await expect(shell(verify, { PACKAGE, ROOT })).rejects.toThrow('Command failed');
      await writeFile(join(PACKAGE, path), whole);
    }
  });
});
