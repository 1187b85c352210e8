import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { makeHeader, recipientOf } from '#domain/sealing';
import { GOLDEN_IDS, agencyStatement, goldenKeys, identity, seededBytes } from '../../test/support/golden-keys.js';
import { type Attack, HostileDesk, NUMBER, PAYLOAD, flipped } from '../../test/support/hostile-desk.js';
import { nodeAead } from './node/aead.js';

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
