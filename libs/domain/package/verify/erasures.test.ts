import { beforeAll, describe, expect, it } from '@jest/globals';
import { commitmentOf, toBase64, type CustodyStatement, type Erasure } from '#domain/custody';
import type { PackagedErasure, PackagedEvent } from '../index.js';
import { AttackedPackage, expectBroken } from '../../../../test/support/attacked-package.js';
import { uuid } from '../../../../test/support/golden-keys.js';
import { GoldenLog, recordLine } from '../../../../test/support/golden-log.js';
import { makeGolden, packageOf } from '../../../../test/support/golden-package.js';
import { nodeHashers, type MemoryPackage } from '../../../../test/support/memory-package.js';
import { PATHS, inlineHasher, verifyPackage } from '../index.js';

const GROUND = { instrument: 'Directive (EU) 2016/680', number: 'Art. 16(2)', reason: 'order 318/2026 of the court' };

let attacked: AttackedPackage;
beforeAll(async () => {
  attacked = await AttackedPackage.make();
});

type Line = PackagedEvent | PackagedErasure;

/** What is said of the erasure of one event: by the event that erases it, and by the line that stands for it. */
interface Said {
  /** Position in the record, from 0, of the event that is erased; that of a refused access without. */
  readonly at?: number;
  /** Whether the erasure is on the record. */
  readonly recorded?: boolean;
  readonly statement?: Partial<CustodyStatement>;
  readonly erasure?: Partial<Erasure>;
  readonly note?: Partial<PackagedErasure['erased']>;
  readonly lines?: (lines: readonly Line[]) => readonly Line[];
}

/** A package out of whose record an event was erased before the export: truly logged, chained and proven. */
async function erased({
  at = 6,
  recorded = true,
  statement,
  erasure,
  note,
  lines = (all) => all,
}: Said = {}): Promise<MemoryPackage> {
  const { keys, lines: whole } = attacked.golden;
  const { index, salt, body } = whole[at]!;
  const commitment = commitmentOf(salt, body);
  const said: Erasure = {
    origin: keys.log.verifier.name,
    index,
    commitment: toBase64(commitment),
    ground: GROUND,
    ...erasure,
  };
  const { content } = await makeGolden({
    statements: (all) => [
      ...all.slice(0, -1),
      { ...all[0]!, kind: recorded ? 'event-erased' : 'record-read', erasure: said, ...statement },
      ...all.slice(-1),
    ],
  });
  const event = content.events.at(-2)!.index;
  const { proof } = content.events[at]!;
  const line = { index, commitment, erased: { ground: GROUND, event, ...note }, proof };
  return packageOf({ ...content, events: lines(content.events.map((one, place) => (place === at ? line : one))) });
}

const verify = (made: MemoryPackage) =>
  verifyPackage(made, { hasher: inlineHasher(nodeHashers), policy: attacked.policy });

describe('an event that was erased under law', () => {
  it('leaves the package verified, which says under what law', async () => {
    const verdict = await verify(await erased());
    expect(verdict).toMatchObject({ verdict: 'verified', link: null, checked: { events: 9, erased: 1, proofs: 9 } });
    expect(verdict.detail).toContain('9 events to ');
    expect(verdict.detail).toContain('; erased under Directive (EU) 2016/680 Art. 16(2) (1); ');
  });

  it('leaves it verified wherever it stood', async () => {
    for (const at of [0, 4]) expect(await verify(await erased({ at }))).toMatchObject({ verdict: 'verified' });
  });

  it('is none of those without which nobody can tell what was sealed', async () => {
    await expectBroken(await erased({ at: 3 }), 'custody-entry', /no event "manifest-signed"/, attacked.policy);
    await expectBroken(await erased({ at: 5 }), 'custody-entry', /no event "exhibit-sealed"/, attacked.policy);
    await expectBroken(await erased({ at: 1 }), 'custody-entry', /no event "file-stored" of file/, attacked.policy);
  });

  it.each<[string, RegExp, () => Said]>([
    [
      'an event that nobody erased',
      /index 20: .* no event "event-erased" of it at index 23/,
      () => ({ recorded: false }),
    ],
    ['an erasure that failed', /index 20: .*no event "event-erased"/, () => ({ statement: { result: 'failed' } })],
    [
      'an erasure of another commitment',
      /index 20: .*is of another event/,
      () => ({ erasure: { commitment: toBase64(new Uint8Array(32)) } }),
    ],
    ['an erasure of another index', /index 20: .*is of the event at index 17/, () => ({ erasure: { index: 17 } })],
    [
      'an erasure under another ground',
      /index 20: .*under another ground/,
      () => ({ note: { ground: { ...GROUND, number: 'Art. 17' } } }),
    ],
    [
      'an erasure said to be elsewhere',
      /index 20: .*no event "event-erased" of it at index 26/,
      () => ({ note: { event: 26 } }),
    ],
    [
      'an erasure said to be before it',
      /index 20: .*no event "event-erased" of it at index 17/,
      () => ({ note: { event: 17 } }),
    ],
    [
      'an erasure of another exhibit',
      /index 23: the event is not of exhibit/,
      () => ({ statement: { exhibitId: uuid(99) as never } }),
    ],
    [
      'the erasure left out',
      /index 26: the exhibit's event 8 should be here, this is number 9/,
      () => ({ lines: (all) => all.filter((_, at) => at !== 7) }),
    ],
    [
      'the erased event left out',
      /index 23: the exhibit's event 7 should be here/,
      () => ({ lines: (all) => all.filter((_, at) => at !== 6) }),
    ],
    ['its commitment altered', /index 20: the event is not the one that the log has there/, () => ({ lines: altered })],
    [
      'another of the log in its place',
      /index 20: .*is of another event|not the one that the log has/,
      () => ({
        lines: (all) =>
          all.map((line, at) =>
            at === 6 && 'commitment' in line ? { ...line, commitment: new Uint8Array(32).fill(1) } : line,
          ),
      }),
    ],
  ])('is told from %s', async (_, says, said) => {
    await expectBroken(await erased(said()), 'custody-entry', says, attacked.policy);
  });

  it('has another index in a log that followed that of its erasure', async () => {
    expect(await verify(await erased({ erasure: { origin: 'log.example/before', index: 5 } }))).toMatchObject({
      verdict: 'verified',
    });
  });

  it.each([
    [
      /"prevCaseCommitment":"....../,
      '"prevCaseCommitment":"AAAAAA',
      /index 23: the event does not name the one before it in its case/,
    ],
    [/"caseSeq":8/, '"caseSeq":7', /index 23: the event is not after the one before it in its case/],
    [
      /"prevExhibitCommitment":"....../,
      '"prevExhibitCommitment":"AAAAAA',
      /index 23: the event does not name the one before it/,
    ],
  ])('is what its successor names: %s', async (from, to, says) => {
    const { keys, lines: whole } = attacked.golden;
    const { index, salt, body } = whole[6]!;
    const commitment = commitmentOf(salt, body);
    const erasure = { origin: keys.log.verifier.name, index, commitment: toBase64(commitment), ground: GROUND };
    const { content, lines } = await makeGolden({
      statements: (all) => [...all.slice(0, -1), { ...all[0]!, kind: 'event-erased', erasure }, ...all.slice(-1)],
    });
    const [before, last] = [lines[7]!, lines[8]!];
    const changed = recordLine(before.index, edited(before.body, from, to));
    const named = edited(last.body, new RegExp(escaped(committed(before)), 'g'), committed(changed));
    const otherwise = [...lines.slice(0, 7), changed, recordLine(last.index, named)];
    const log = new GoldenLog(otherwise);
    const checkpoint = log.checkpoint(keys.log);
    const proven = await log.packaged(otherwise, checkpoint);
    const note = { ground: GROUND, event: proven[7]!.index };
    const events = proven.map((line, at) => (at === 6 ? { index, commitment, erased: note, proof: line.proof } : line));
    await expectBroken(await packageOf({ ...content, checkpoint, events }), 'custody-entry', says, attacked.policy);
  });

  it.each<[string, (line: string) => string]>([
    ['a space', (line) => line.replace('"erased":', '"erased": ')],
    ['no ground', (line) => line.replace(/"instrument":"[^"]*",/, '')],
    ['something more', (line) => line.replace('"event":', '"more":1,"event":')],
    ['an escape that is not needed', (line) => line.replace('Art. 16', '\\u0041rt. 16')],
    ['a line feed in the ground', (line) => line.replace('Art. 16', 'Art.\\n16')],
    ['a salt beside it', (line) => line.replace('"commitment"', '"salt":"","commitment"')],
    ['a negative place', (line) => line.replace('"event":23', '"event":-23')],
  ])('has one spelling: not one with %s', async (_, alter) => {
    const made = await erased();
    const text = made
      .text(PATHS.events)
      .split(/(?<=\n)/)
      .map((line, at) => (at === 6 ? alter(line) : line))
      .join('');
    await expectBroken(
      made.set(PATHS.events, text).rebag(),
      'custody-entry',
      /line 7: .*one spelling/,
      attacked.policy,
    );
  });
});

const edited = (body: Uint8Array, from: RegExp, to: string) =>
  Buffer.from(Buffer.from(body).toString().replace(from, to));
const committed = ({ salt, body }: { salt: Uint8Array; body: Uint8Array }) => toBase64(commitmentOf(salt, body));
const escaped = (text: string) => text.replaceAll(/[+/]/g, '\\$&');

function altered(lines: readonly Line[]): readonly Line[] {
  return lines.map((line, at) => {
    if (at !== 6 || !('commitment' in line)) return line;
    const commitment = line.commitment.slice();
    commitment[0]! ^= 1;
    return { ...line, commitment };
  });
}
