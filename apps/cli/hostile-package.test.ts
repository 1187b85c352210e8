import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { TimestampView } from '#domain/contract';
import { formatLogPolicy } from '#domain/merkle';
import { PATHS, fingerprintOf, timestampPath, verifyPackage } from '#domain/package';
import { makeHeader, recipientOf } from '#domain/sealing';
import { formatPemCertificates } from '#domain/time';
import { GOLDEN_IDS, agencyStatement, goldenKeys, identity, seededBytes } from '../../test/support/golden-keys.js';
import { type Attack, HostileDesk, NUMBER, PAYLOAD, flipped } from '../../test/support/hostile-desk.js';
import { GoldenLog } from '../../test/support/golden-log.js';
import { STAMPED_AT, authorityOf, stampedBytes } from '../../test/support/stamped-package.js';
import type { TestAuthority } from '../../test/support/timestamp-authority.js';
import { nodeAead } from './node/aead.js';
import { FolderPackage } from './node/folder-package.js';
import { packageHasher } from './node/package-hasher.js';

const desk = HostileDesk.use();
const pack = () => desk.amana('package', NUMBER, '-o', 'out', '--purpose', 'trial');

describe('a platform that does not lie', () => {
  it('has its exhibit packed, and the package verified by the keys pinned', async () => {
    expect(await pack()).toMatchObject({ code: 0, stderr: '' });
    expect(desk.arrived()).toContain('bagit.txt');
    const verified = JSON.parse((await desk.amana('verify', 'out', '--json')).stdout) as { verdict: string };
    expect(verified.verdict).toBe('verified');
  });
});

describe('a platform that has the time attested', () => {
  const POLICY = 'court-policy.txt';
  /** Has both stamped by an authority of its own. */
  async function stamped(over: Partial<Record<'checkpoint' | 'manifest', Uint8Array>> = {}): Promise<TestAuthority> {
    const authority = await authorityOf();
    const { golden } = desk.platform;
    const stamp = async (bytes: Uint8Array): Promise<TimestampView> => ({
      token: Buffer.from(await authority.stamp(bytes, { genTime: STAMPED_AT })).toString('base64'),
      ...{ evidenceRecord: null, genTime: STAMPED_AT.toISOString(), tsa: 'CN=signer' },
    });
    const bytes = { ...stampedBytes(golden.content), ...over };
    desk.platform.time = {
      roots: formatPemCertificates([authority.root.der, (await authorityOf()).root.der]),
      ...{ checkpoint: await stamp(bytes.checkpoint), manifest: await stamp(bytes.manifest) },
    };
    const pin = `#amana tsa ${fingerprintOf(authority.root.der)}\n`;
    writeFileSync(join(desk.folder, POLICY), formatLogPolicy(golden.keys.log.verifier) + pin);
    return authority;
  }
  const inPackage = (path: string) => existsSync(join(desk.folder, 'out', path));

  it('has its timestamps packed, with the root that they lead to and no other', async () => {
    const { root } = await stamped();
    const packed = await pack();
    expect(packed).toMatchObject({ code: 0, stderr: '' });
    expect(packed.stdout).toContain(
      `It has timestamps of the record and the manifest; whoever trusts their authority pins it: #amana tsa ${fingerprintOf(root.der)}`,
    );
    expect(readFileSync(join(desk.folder, 'out', PATHS.authorities), 'utf8')).toBe(formatPemCertificates([root.der]));
    const verdict = await verifyPackage(new FolderPackage(join(desk.folder, 'out')), {
      hasher: packageHasher,
      policy: readFileSync(join(desk.folder, POLICY)),
    });
    expect(verdict).toMatchObject({ verdict: 'verified', checked: { timestamps: 2, pinnedTimestamps: 2 } });
  });

  it('has a package made without them where there is no authority, which is said', async () => {
    const packed = await desk.amana('package', NUMBER, '-o', 'out', '--json');
    expect(JSON.parse(packed.stdout)).toMatchObject({ untimed: ['the platform has no timestamp authority'] });
    expect(inPackage(PATHS.authorities)).toBe(false);
    await stamped();
    const told = await desk.amana('verify', 'out', '--policy', POLICY, '--json');
    expect([told.code, JSON.parse(told.stdout)]).toMatchObject([5, { verdict: 'undecided', link: 'timestamp' }]);
  });

  it('has a package made with what is there where the authority is away, and waits no longer than it is told', async () => {
    await stamped();
    desk.platform.time = { ...desk.platform.time, checkpoint: null };
    const packed = await desk.amana('package', NUMBER, '-o', 'out', '--wait', '1');
    expect(packed).toMatchObject({ code: 0, stderr: '' });
    expect(packed.stdout).toContain('Without a timestamp: the time of the checkpoint is not attested yet');
    expect(inPackage(timestampPath('manifest'))).toBe(true);
    expect(inPackage(timestampPath('checkpoint'))).toBe(false);
  });

  it('has no timestamp packed that does not hold, which is said', async () => {
    await stamped({ checkpoint: new Uint8Array(1) });
    const packed = await pack();
    expect(packed.code).toBe(0);
    expect(packed.stdout).toContain(
      'Without a timestamp: the timestamp of the checkpoint does not hold: the token is over',
    );
    expect(inPackage(timestampPath('checkpoint'))).toBe(false);
    expect(inPackage(timestampPath('manifest'))).toBe(true);
  });

  it('has no package made under a stamped head that contradicts those seen before', async () => {
    await stamped();
    const { golden } = desk.platform;
    const fork = new GoldenLog(golden.lines.slice(1), 4).checkpoint(golden.keys.log);
    desk.platform.lieAt(/log\/timestamps/, (head: object) => ({ ...head, note: Buffer.from(fork).toString('utf8') }));
    desk.expectRefused(await pack(), 4, /did not grow out of the head/);
    expect(desk.arrived()).toEqual([]);
  });

  it.each(['x', '-1', '1.5', '999999'])('is waited for a number of seconds, not "%s"', async (wait) => {
    desk.expectRefused(await desk.amana('package', NUMBER, '-o', 'out', '--wait', wait), 2, /no number of seconds/);
  });
});

describe('what is recorded after an export', () => {
  it('is not in its package, whether or not the log has it yet', async () => {
    inEvents((all) => [...all, { ...all[6]!, index: null }]);
    expect(await pack()).toMatchObject({ code: 0, stderr: '' });
    const record = readFileSync(join(desk.folder, 'out/data/custody/events.jsonl'), 'utf8');
    expect(record.match(/\n/g)).toHaveLength(8);
  });
});

describe('a package of a platform that lies', () => {
  it.each<Attack>([
    [
      'the evidence swapped',
      4,
      /chunk|open|altered|chunk tree/,
      () => desk.platform.alterAt(PAYLOAD, (bytes) => flipped(bytes, 500_000)),
    ],
    ['a header altered', 4, /does not open/, () => desk.inHeader((header) => flipped(header, 60))],
    [
      'a header with another key',
      4,
      /does not open with the agency's keys/,
      () => desk.inHeader(() => makeHeader(seededBytes('another key', 16), [recipientOf(identity('court'))], nodeAead)),
    ],
    [
      'an event edited',
      4,
      /./,
      () => inEvents((all) => all.map((one, at) => (at === 3 ? { ...one, salt: all[4]!.salt } : one))),
    ],
    ['an event left out', 4, /custody-entry/, () => inEvents((all) => all.filter((_, at) => at !== 6))],
    ['the export left out', 4, /no event of this export/, () => inEvents((all) => all.slice(0, -1))],
    ["the signer's agency restated", 4, /signer-certificate|statement/, restated],
  ])('is not made: %s (exit %d), and nothing of it is left', async (_what, exit, says, lie) => {
    await lie();
    desk.expectRefused(await pack(), exit, says);
    expect(desk.arrived()).toEqual([]);
  });
});

interface Event {
  salt: string;
  body: string;
}
const inEvents = (alter: (events: Event[]) => unknown) =>
  desk.platform.lieAt(/\/v1\/events$/, (list: { items: Event[] }) => ({ ...list, items: alter(list.items) }));
async function restated(): Promise<void> {
  const statement = await agencyStatement(goldenKeys('impostor'));
  desk.platform.lieAt(new RegExp(`agencies/${GOLDEN_IDS.agency}$`), (agency: object) => ({ ...agency, statement }));
}
