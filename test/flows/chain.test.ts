import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { formatLogPolicy, parseVerifierKey } from '#domain/merkle';
import { fingerprintOf } from '#domain/package';
import { readPemCertificates } from '#domain/time';
import { Desk } from '../../scripts/platform/desk.js';
import { startCephRgw } from '../../scripts/services/ceph-rgw.js';
import { startRedis } from '../../scripts/services/redis.js';
import { digestOf, filesBelow, flipBit, until } from '../support/chain-files.js';
import { AMAL, ChainWorld, type Stack } from '../support/chain-world.js';
import { requires } from '../support/requires.js';

const MIB = 1024 * 1024;
const PART = 16 * MIB;
const CANARY = 'canary-7f3c5a90-of-the-plaintext';

/** The whole chain, by the command line as people use it, on one stack of services. */
function theChain(openStack: (folder: string) => Promise<Stack>): void {
  const world = ChainWorld.use(openStack);
  const { folder } = world;

  it('takes files of every awkward size, and gives them back byte for byte in another state', async () => {
    const source = world.place('sizes');
    const sizes = [0, 1, 65_535, 65_536, 65_537, MIB - 1, MIB, MIB + 1, PART - 1, PART, PART + 1, 3 * PART + 7];
    for (const size of sizes) writeFileSync(join(source, `of-${size}`), randomBytes(size));
    const number = await world.upload(source);
    await world.shareWithPetra(number);
    const fetched = join(folder, 'fetched-sizes');
    await world.petra.must(['fetch', number, '-o', fetched, '--purpose', 'trial']);
    for (const size of sizes) {
      const name = `of-${size}`;
      expect([name, digestOf(join(fetched, 'sizes', name))]).toEqual([name, digestOf(join(source, name))]);
    }
  }, 240_000);

  it('keeps names of any script byte for byte, and lets none lead out of the folder', async () => {
    const source = world.place('names');
    const names = [
      'قائمة الأسماء.txt',
      '路线图.pdf',
      'маршрут.doc',
      'photo\u202Egpj.exe',
      'é-nfc',
      'e\u0301-nfd',
      'two\r\nlines',
      'quote"s',
      'zero\u200Bwidth',
      '-rf',
      '=cmd()',
      'CON',
      'dot.',
      '\u001B[31mred',
      'x'.repeat(255),
    ];
    for (const [at, name] of names.entries()) writeFileSync(join(source, name), `content ${at}`);
    const number = await world.upload(source);
    const { files } = await world.amal.json<{ files: { name: string }[] }>(['exhibit', 'show', number]);
    expect(files.map(({ name }) => name).sort()).toEqual(names.map((name) => `names/${name}`).sort());
    const fetched = join(folder, 'fetched-names');
    await world.amal.must(['fetch', number, '-o', fetched, '--purpose', 'check']);
    const contents = readdirSync(fetched, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .filter((text) => text.startsWith('content '));
    expect(contents.sort()).toEqual(names.map((_, at) => `content ${at}`).sort());
  }, 120_000);

  it('goes on with an upload after client and API were killed in the middle', async () => {
    const source = world.place('large');
    const image = join(source, 'image.raw');
    writeFileSync(image, randomBytes(6 * PART + 11));
    const { file, number } = world.factsFile();
    const args = ['exhibit', 'upload', image, '--facts', file];
    const client = world.amal.start(args);
    const gone = new Promise<void>((resolve) => client.once('exit', () => resolve()));
    await until(async () => client.exitCode !== null || (await receivedParts(number)) > 0);
    client.kill('SIGKILL');
    await gone;
    const again = world.amal.run(args);
    await world.platform.processes.api.kill();
    await world.platform.restart('api');
    const { code, stderr } = await again;
    expect([code, stderr]).toEqual([0, expect.stringContaining('Going on with the upload')]);
    const { state, files } = await world.amal.json<{ state: string; files: { sha256: string }[] }>([
      'exhibit',
      'show',
      number,
    ]);
    expect(state).toBe('sealed');
    expect(files.map(({ sha256 }) => sha256)).toEqual([digestOf(image)]);
  }, 240_000);

  async function receivedParts(number: string): Promise<number> {
    const list = await world.amal.json<{ id: string }[]>(['exhibit', 'list', '--number', number]);
    if (!list[0]) return 0;
    const shown = await world.amal.json<{ state: string }>(['exhibit', 'show', list[0].id]);
    return shown.state === 'registered' ? 0 : 1;
  }

  it('takes a draft that was sealed without any network, and a sparse file', async () => {
    const source = world.place('draft-source');
    const sparse = join(source, 'sparse.raw');
    writeFileSync(sparse, `${CANARY}\n`);
    truncateSync(sparse, 40 * MIB);
    const { file, number } = world.factsFile();
    const draft = join(folder, 'draft');
    const offline = new Desk(
      { publicUrl: 'http://127.0.0.1:1', secrets: world.platform.secrets, folder: world.platform.folder },
      world.amal.home,
      world.amal.email,
    );
    await offline.must(['exhibit', 'seal', source, '--facts', file, '-o', draft]);
    await world.amal.must(['exhibit', 'upload', draft]);
    const fetched = join(folder, 'fetched-draft');
    await world.amal.must(['fetch', number, '-o', fetched, '--purpose', 'check']);
    expect(digestOf(join(fetched, 'draft-source', 'sparse.raw'))).toBe(digestOf(sparse));
  }, 180_000);

  it('takes hundreds of small files in one exhibit', async () => {
    const source = world.place('many');
    for (let at = 0; at < 400; at += 1) writeFileSync(join(source, `note-${at}.txt`), `note ${at}`);
    const number = await world.upload(source);
    const { state, files } = await world.amal.json<{ state: string; files: unknown[] }>(['exhibit', 'show', number]);
    expect([state, files.length]).toEqual(['sealed', 400]);
  }, 240_000);

  it('stops giving bytes when the grant is revoked, and says under which rule', async () => {
    const source = world.place('revoked');
    writeFileSync(join(source, 'a'), 'a');
    const number = await world.upload(source);
    const grant = await world.shareWithPetra(number);
    const [exhibit] = await world.petra.json<{ id: string }[]>(['exhibit', 'list', '--number', number]);
    await world.petra.must(['fetch', number, '-o', join(folder, 'before'), '--purpose', 'trial']);
    await world.amal.must(['share', 'revoke', grant, '--reason', 'ended']);
    const refused = await world.petra.run([
      'fetch',
      exhibit?.id ?? '',
      '-o',
      join(folder, 'after'),
      '--purpose',
      'trial',
    ]);
    expect([refused.code, refused.stdout]).toEqual([3, '']);
    expect(refused.stderr).toContain('grant-revoked');
    await until(async () =>
      (await world.omar.json<{ because: string }[]>(['audit', 'queue'])).some(({ because }) =>
        because.includes('revoked'),
      ),
    );
  }, 180_000);

  it('hands out a package that verifies offline, and opens with the agency key', async () => {
    const number = await world.upload(world.place('sizes'));
    const target = join(folder, 'package');
    const packed = await world.amal.must(['package', number, '-o', target]);
    expect(packed.stdout).toContain('It has timestamps of the record and the manifest');
    const verified = await world.amal.run(['verify', target, '--json']);
    expect(JSON.parse(verified.stdout)).toMatchObject({ verdict: 'verified', link: null, checked: { timestamps: 2 } });
    expect(verified.code).toBe(0);
    expect((await world.amal.run(['verify', target, '--json'])).stdout).toBe(verified.stdout);
    const evidence = join(target, 'data/evidence');
    const [first = ''] = readdirSync(evidence);
    const broken = join(folder, 'broken-package');
    cpSync(target, broken, { recursive: true });
    flipBit(join(broken, 'data/evidence', first));
    const refused = await world.amal.run(['verify', broken, '--json']);
    expect(refused.code).toBe(4);
    expect(JSON.parse(refused.stdout)).toMatchObject({ verdict: 'broken', link: 'payload' });
  }, 180_000);

  it('hands out a package whose time an authority attests that the court knows by itself', async () => {
    const source = world.place('timed');
    writeFileSync(join(source, 'a'), randomBytes(70_000));
    const number = await world.upload(source);
    const target = join(folder, 'timed-package');
    await world.amal.must(['package', number, '-o', target]);
    const policy = join(folder, 'court-policy');
    const [root = new Uint8Array()] = readPemCertificates(world.platform.tsaRoots ?? '');
    const log = formatLogPolicy(parseVerifierKey(world.platform.logVerifierKey));
    const verify = async (pin: string) => {
      writeFileSync(policy, `${log}#amana tsa ${pin}\n`);
      const { code, stdout } = await world.amal.run(['verify', target, '--policy', policy, '--json']);
      return [code, JSON.parse(stdout)];
    };
    expect(await verify(fingerprintOf(root))).toMatchObject([
      0,
      { verdict: 'verified', checked: { timestamps: 2, pinnedTimestamps: 2 } },
    ]);
    expect(await verify('0'.repeat(64))).toMatchObject([4, { verdict: 'broken', link: 'timestamp' }]);
  }, 180_000);

  it('tells at the first sign-in which keys it pins, and asks nothing', async () => {
    const desk = new Desk(world.platform, world.place('new-home'), AMAL);
    const { stdout, stderr } = await desk.must(['login', '--email', AMAL]);
    expect(stdout).toContain('Signed in as');
    for (const pinned of [world.platform.logVerifierKey, world.platform.issuer, 'seal key', 'agency key'])
      expect(stderr).toContain(pinned);
    expect((await desk.must(['login', '--email', AMAL])).stderr).not.toContain('Pinned');
  }, 60_000);

  it('has a log that checks from the outside, from its first entry to its head, with all that an officer may read', async () => {
    const outcome = await world.amal.run(['log', 'fsck', '--json']);
    expect([outcome.code, outcome.stderr]).toEqual([0, expect.any(String)]);
    const { size, events } = JSON.parse(outcome.stdout) as { size: number; events: number };
    expect(events).toBeGreaterThan(10);
    expect(events).toBeLessThanOrEqual(size + 1);
    const checkpoint = await world.amal.must(['log', 'checkpoint']);
    expect(checkpoint.stdout).toContain(world.platform.logOrigin);
  }, 120_000);

  it('names the event whose body or salt was edited in the database', async () => {
    const owner = new Client({ connectionString: world.platform.database.ownerUrl });
    await owner.connect();
    try {
      await owner.query('ALTER TABLE amana.custody_event DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY');
      await owner.query('ALTER TABLE amana.log_entry NO FORCE ROW LEVEL SECURITY');
      const { rows } = await owner.query<{ id: string; log_index: string; body: Buffer; salt: Buffer }>(
        `SELECT e.id, l.log_index, e.body, e.salt FROM amana.custody_event e JOIN amana.log_entry l ON l.event_id = e.id
         WHERE e.kind = 'exhibit-registered' ORDER BY l.log_index LIMIT 1`,
      );
      const { id, log_index: index, body, salt } = rows[0]!;
      const spoilt = [
        [Buffer.from(body.toString().replace('"result":"done"', '"result":"dine"')), salt],
        [Buffer.from([0xff, 0]), salt],
        [body, Buffer.from(salt.map((byte) => byte ^ 1))],
      ];
      for (const [otherBody, otherSalt] of spoilt) {
        await owner.query('UPDATE amana.custody_event SET body = $2, salt = $3 WHERE id = $1', [
          id,
          otherBody,
          otherSalt,
        ]);
        const { code, stderr } = await world.amal.run(['log', 'fsck']);
        expect([code, stderr]).toEqual([4, expect.stringContaining(`broken at ${index} (event)`)]);
      }
      await owner.query('UPDATE amana.custody_event SET body = $2, salt = $3 WHERE id = $1', [id, body, salt]);
      expect((await world.amal.run(['log', 'fsck'])).code).toBe(0);
    } finally {
      await owner.query('ALTER TABLE amana.custody_event ENABLE TRIGGER USER, FORCE ROW LEVEL SECURITY');
      await owner.query('ALTER TABLE amana.log_entry FORCE ROW LEVEL SECURITY');
      await owner.end();
    }
  }, 120_000);

  it('goes on after the worker was killed with work to do', async () => {
    await world.platform.processes.worker.kill();
    const source = world.place('waiting');
    writeFileSync(join(source, 'a'), randomBytes(3 * MIB));
    const { file, number } = world.factsFile();
    await world.amal.must(['exhibit', 'upload', source, '--facts', file, '--wait', '0']);
    await world.platform.restart('worker');
    await until(async () => (await world.amal.json<{ state: string }>(['exhibit', 'show', number])).state === 'sealed');
  }, 180_000);

  it('shows the operator nothing of the plaintext: no canary in database, store, queue or logs', async () => {
    await world.platform.stop();
    const found = ['platform', 'redis']
      .flatMap((part) => (existsSync(join(folder, part)) ? filesBelow(join(folder, part)) : []))
      .filter((file) => readFileSync(file).includes(CANARY));
    expect(found).toEqual([]);
  }, 60_000);
}

describe('the chain on embedded defaults', () => {
  theChain(async () => ({ options: { timestamps: true }, stop: () => Promise.resolve() }));
});

requires('redis-server', 'radosgw')('the chain on Redis and Ceph RGW', () => {
  theChain(async (folder) => {
    const redis = await startRedis({ folder: join(folder, 'redis') });
    const ceph = await startCephRgw({ folder: join(folder, 'ceph') });
    return {
      options: { timestamps: true, redisUrl: redis.url, store: ceph.storeUrl('amana') },
      stop: async () => {
        await redis.stop();
        await ceph.stop();
      },
    };
  });
});
