import { beforeAll, describe, expect, it } from '@jest/globals';
import type { CustodyStatement } from '#domain/custody';
import { AttackedPackage, expectBroken } from '../../../../test/support/attacked-package.js';
import { GOLDEN_IDS, uuid } from '../../../../test/support/golden-keys.js';
import { recordLine } from '../../../../test/support/golden-log.js';
import { nodeHashers, type MemoryPackage } from '../../../../test/support/memory-package.js';
import { PATHS, inlineHasher, verifyPackage } from '../index.js';
import { formatRecordLine } from '../record-line.js';

let attacked: AttackedPackage;

beforeAll(async () => {
  attacked = await AttackedPackage.make();
});

type Attack = readonly [what: string, says: RegExp, make: () => MemoryPackage | Promise<MemoryPackage>];

const OMISSIONS: readonly Attack[] = [
  ['the last event dropped', /no event "package-exported"/, () => without(7)],
  [
    'an event dropped from the middle',
    /index 11: the exhibit's event 3 should be here, this is number 4/,
    () => without(2),
  ],
  ['the first event dropped', /index 5: .*event 1 should be here/, () => without(0)],
  ['two events that change places', /index 14: the event comes after one of index 17/, () => reordered(4, 5)],
  [
    'an event twice',
    /index 2: the event comes after one of index 2/,
    () => attacked.altered(PATHS.events, text().replace(/^.*\n/, '$&$&')),
  ],
  [
    'an event altered, by its own index',
    /index 17: the event is not the one that the log has there/,
    () => edited(5, 'T16:05:', 'T16:04:'),
  ],
  ['the first event altered, by its own index', /index 2: .*altered/, () => edited(0, 'T16:00:', 'T16:01:')],
  [
    'an event made to follow another, by its own index',
    /index 20: .*altered/,
    () => edited(6, /"prevExhibitCommitment":"....../, '"prevExhibitCommitment":"AAAAAA'),
  ],
  [
    'an event moved on in its case, by its own index',
    /index 17: .*altered/,
    () => edited(5, '"caseSeq":6', '"caseSeq":9'),
  ],
  [
    'an event replaced by another that is in the log',
    /index 20: the event does not name the one before it/,
    () =>
      attacked.logged(attacked.golden.lines.map((line, at) => (at === 5 ? recordLine(17, later(line.body)) : line))),
  ],
  [
    'what came after the export',
    /index 26 \(access-refused\): the record does not end with the export/,
    () => attacked.appended((all) => [...all, all[6]!]),
  ],
  ['an export that was refused', /no event "package-exported"/, () => said('package-exported', { result: 'refused' })],
  ['a record that is missing', /is missing/, () => attacked.altered(PATHS.events, null)],
  ['a record without an event', /is empty/, () => attacked.altered(PATHS.events, '')],
  ['a last line cut off', /line 8: the line does not end/, () => attacked.altered(PATHS.events, text().slice(0, -1))],
  ['an empty line', /line 9: .*one spelling/, () => attacked.altered(PATHS.events, `${text()}\n`)],
];

const SPELLINGS: readonly Attack[] = [
  ['a space', /line 3: .*one spelling/, () => attacked.lineAltered(2, (line) => line.replace(',', ', '))],
  ['CR before LF', /line 3: .*one spelling/, () => attacked.lineAltered(2, (line) => line.replace('\n', '\r\n'))],
  ['a byte order mark', /line 1: .*one spelling/, () => attacked.lineAltered(0, (line) => `\ufeff${line}`)],
  [
    'members in another order',
    /line 3: .*one spelling/,
    () => attacked.lineAltered(2, (line) => line.replace(/("index":\d+),("salt":"[^"]+")/, '$2,$1')),
  ],
  [
    'a member twice',
    /line 3: .*one spelling/,
    () => attacked.lineAltered(2, (line) => line.replace('{', '{"index":8,')),
  ],
  [
    'an index with a leading zero',
    /line 3: .*one spelling/,
    () => attacked.lineAltered(2, (line) => line.replace(':8', ':08')),
  ],
  [
    'an index beyond 2^53',
    /line 3: .*one spelling/,
    () => attacked.lineAltered(2, (line) => line.replace(':8', ':9007199254740993')),
  ],
  ['base64 with stray bits', /line 1: .*one spelling/, () => attacked.lineAltered(0, strayBits)],
  [
    'base64 without padding',
    /line 1: .*one spelling/,
    () => attacked.lineAltered(0, (line) => line.replace('=","body', '","body')),
  ],
  [
    'a line of 300 000 bytes',
    /line 1: more than 262144 bytes/,
    () => attacked.altered(PATHS.events, 'x'.repeat(300_000)),
  ],
];

const BODIES: readonly Attack[] = [
  [
    '103 white space',
    /line 8 \(index 23\): the body is not canonical/,
    () => lastBody((body) => JSON.stringify(JSON.parse(body), null, 1)),
  ],
  [
    '103 members in another order',
    /the body is not canonical/,
    () => lastBody((body) => body.replace(/\{("actor":.*?\}),/, '{"zone":"UTC",$1,').replace(',"zone":"UTC"}', '}')),
  ],
  ['103 a member twice', /second time/, () => lastBody((body) => body.replace('{', '{"zone":"UTC",'))],
  ['no JSON', /line 8 \(index 23\)/, () => lastBody(() => 'none')],
  [
    'a field that no event has',
    /not a custody event/,
    () => lastBody((body) => body.replace('"UTC"}', '"UTC","zonf":1}')),
  ],
  [
    'another schema',
    /not a custody event: schema/,
    () => lastBody((body) => body.replace('custody-event/v1', 'custody-event/v2')),
  ],
  [
    'another place in the case',
    /index 23: the event is not after the one before it in its case/,
    () => lastBody((body) => body.replace('"caseSeq":8', '"caseSeq":7')),
  ],
  [
    'another predecessor in the case',
    /index 23: the event does not name the one before it in its case/,
    () => lastBody((body) => body.replace(/"prevCaseCommitment":"....../, '"prevCaseCommitment":"AAAAAA')),
  ],
];

const CONTRADICTIONS: readonly Attack[] = [
  [
    'an event of another exhibit',
    /index 20: the event is not of exhibit/,
    () => said('access-refused', { exhibitId: uuid(99) as typeof GOLDEN_IDS.exhibit }),
  ],
  [
    'another manifest signed',
    /index 11 \(manifest-signed\): .*another manifest/,
    () => said('manifest-signed', { hashAfter: 'a'.repeat(64) }),
  ],
  [
    'another manifest sealed',
    /index 17 \(exhibit-sealed\): .*another manifest/,
    () => said('exhibit-sealed', { hashAfter: 'a'.repeat(64) }),
  ],
  [
    'another officer who signed',
    /another officer/,
    () => said('manifest-signed', { detail: { signedBy: GOLDEN_IDS.prosecutor } }),
  ],
  [
    'a platform that signed',
    /another agency/,
    () => said('manifest-signed', { actor: { kind: 'platform', component: 'api' } }),
  ],
  [
    'another manifest exported',
    /index 23 \(package-exported\): what was exported has another manifest/,
    () => said('package-exported', { hashAfter: 'a'.repeat(64) }),
  ],
  ['another signature', /another signature/, () => said('manifest-signed', { signature: 'AAAA' })],
  ['another seal', /another seal/, () => said('exhibit-sealed', { signature: 'AAAA' })],
  [
    'a seal over other versions',
    /another seal/,
    () => said('exhibit-sealed', { detail: { objectVersionsSha256: 'a'.repeat(64) } }),
  ],
  [
    'an officer who sealed',
    /another sealed than the platform/,
    () => said('exhibit-sealed', { actor: attacked.golden.statements[0]!.actor }),
  ],
  [
    'a stored file that the manifest has not',
    /a file that the manifest has not/,
    () => said('file-stored', { object: { fileId: uuid(77) as typeof GOLDEN_IDS.empty, versionId: 'v' } }),
  ],
  ['another size of a stored file', /another size/, () => said('file-stored', { detail: { sealedSizeBytes: 31 } })],
  [
    'another version of a stored file than was sealed',
    /other versions/,
    () => said('file-stored', { object: { fileId: GOLDEN_IDS.photograph, versionId: 'other' } }),
  ],
  [
    'a file that was never stored',
    /no event "file-stored" of file .*8:/,
    () => attacked.appended((all) => all.filter((_, at) => at !== 2)),
  ],
  [
    'no sealing',
    /no event "exhibit-sealed"/,
    () => attacked.appended((all) => all.filter(({ kind }) => kind !== 'exhibit-sealed')),
  ],
  ['a sealing that failed', /no event "exhibit-sealed"/, () => said('exhibit-sealed', { result: 'failed' })],
];

describe('the record of a package', () => {
  it.each(OMISSIONS)('shows %s', async (_what, says, make) => {
    await expectBroken(await make(), 'custody-entry', says, attacked.policy);
  });

  it.each(SPELLINGS)('has one spelling: not one with %s', async (_what, says, make) => {
    await expectBroken(await make(), 'custody-entry', says, attacked.policy);
  });

  it.each(BODIES)('takes no event, though it is in the log, with %s', async (_what, says, make) => {
    await expectBroken(await make(), 'custody-entry', says, attacked.policy);
  });

  it.each(CONTRADICTIONS)('does not contradict the manifest: not with %s', async (_what, says, make) => {
    await expectBroken(await make(), 'custody-entry', says, attacked.policy);
  });

  it('holds after the same steps with nothing altered', async () => {
    const harmless = [
      reordered(4, 4),
      edited(5, 'T16:05:', 'T16:05:'),
      await lastBody((body) => body),
      await said('file-stored', {}),
    ];
    for (const one of harmless) {
      const verdict = await verifyPackage(one, { hasher: inlineHasher(nodeHashers), policy: attacked.policy });
      expect(verdict).toMatchObject({ verdict: 'verified', checked: { events: 8, proofs: 8 } });
    }
  });
});

const text = () => attacked.whole.text(PATHS.events);

function without(position: number): Promise<MemoryPackage> {
  return attacked.of({ events: attacked.golden.content.events.filter((_, at) => at !== position) });
}

function reordered(one: number, other: number): MemoryPackage {
  const lines = text().split(/(?<=\n)/);
  [lines[one], lines[other]] = [lines[other]!, lines[one]!];
  return attacked.altered(PATHS.events, lines.join(''));
}

function edited(at: number, from: string | RegExp, to: string): MemoryPackage {
  const line = attacked.golden.lines[at]!;
  const body = Buffer.from(Buffer.from(line.body).toString().replace(from, to));
  return attacked.lineAltered(at, () => formatRecordLine({ ...line, body }));
}

function later(body: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(body).toString().replace('T16:05:', 'T16:06:'));
}

/** Another last event, which is truly in the log. */
function lastBody(alter: (body: string) => string): Promise<MemoryPackage> {
  const { lines } = attacked.golden;
  const { index, body } = lines[7]!;
  return attacked.logged([...lines.slice(0, 7), recordLine(index, Buffer.from(alter(Buffer.from(body).toString())))]);
}

/** The first event of a kind says otherwise. */
function said(kind: CustodyStatement['kind'], otherwise: Partial<CustodyStatement>): Promise<MemoryPackage> {
  return attacked.appended((all) => {
    const position = all.findIndex((statement) => statement.kind === kind);
    return all.map((statement, at) => (at === position ? { ...statement, ...otherwise } : statement));
  });
}

/** The last character of the salt before its padding has two bits that mean nothing. */
function strayBits(line: string): string {
  return line.replace(
    /(.)=","body/,
    (_, character: string) => `${String.fromCharCode(character.charCodeAt(0) + 1)}=","body`,
  );
}
