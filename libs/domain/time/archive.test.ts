import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { TestAuthority } from '../../../test/support/timestamp-authority.js';
import { digestNamed } from './algorithms.js';
import { formatEvidenceRecord, parseEvidenceRecord } from './evidence-record.js';
import { hashTreeOver, rootOf } from './hash-tree.js';
import {
  newEvidenceRecord,
  renew,
  renewHashTree,
  TimestampError,
  verifyArchiveChain,
  verifyTimestamp,
} from './index.js';

const bytes = new TextEncoder().encode('custody.example/log\n7\n');
const year = (value: number) => new Date(`${value}-06-01T00:00:00Z`);

/** Authorities of three times: each one's certificates end before the next one's do. */
let first: TestAuthority;
let second: TestAuthority;
let third: TestAuthority;
let roots: Uint8Array[];
beforeAll(async () => {
  const until = (end: number) => ({ notAfter: new Date(`${end}-01-01`) });
  first = await TestAuthority.make(until(2028), until(2028));
  second = await TestAuthority.make(until(2034), until(2034));
  third = await TestAuthority.make(until(2046), until(2046));
  roots = [first, second, third].map(({ root }) => root.der);
});

const outcomeOf = (record: Uint8Array, at: Date, over: Uint8Array = bytes) =>
  verifyArchiveChain(record, over, { roots, at }).then(
    ({ genTime }) => genTime.getUTCFullYear(),
    (error: unknown) => {
      if (error instanceof TimestampError) return error.code;
      throw error;
    },
  );

async function renewed(record: Uint8Array, by: TestAuthority, genTime: Date): Promise<Uint8Array> {
  const { imprint, complete } = renew([record]);
  const [one] = complete(await by.stamp(imprint, { genTime }));
  return one!;
}

describe('an archive of timestamps', () => {
  it('verifies after the first certificates have expired, when they were renewed in time', async () => {
    const once = newEvidenceRecord(await first.stamp(bytes, { genTime: year(2026) }));
    expect(await outcomeOf(once, year(2027))).toBe(2026);
    expect(await outcomeOf(once, year(2030))).toBe('expired');
    const twice = await renewed(once, second, year(2027));
    expect(await outcomeOf(twice, year(2030))).toBe(2026);
    expect(await outcomeOf(twice, year(2036))).toBe('expired');
    const thrice = await renewed(twice, third, year(2033));
    const verified = await verifyArchiveChain(thrice, bytes, { roots, at: year(2040) });
    expect(verified).toMatchObject({ genTime: year(2026), certificateNotAfter: new Date('2046-01-01') });
    expect(verified.timestamps.map(({ genTime }) => genTime)).toEqual([year(2026), year(2027), year(2033)]);
  });

  it('names what was renewed too late, and what is out of order', async () => {
    const once = newEvidenceRecord(await first.stamp(bytes, { genTime: year(2026) }));
    expect(await outcomeOf(await renewed(once, second, year(2029)), year(2030))).toBe('renewed-too-late');
    const later = newEvidenceRecord(await first.stamp(bytes, { genTime: year(2027) }));
    expect(await outcomeOf(await renewed(later, second, year(2026)), year(2030))).toBe('broken-chain');
  });

  it('needs the roots of all who took part', async () => {
    const twice = await renewed(
      newEvidenceRecord(await first.stamp(bytes, { genTime: year(2026) })),
      second,
      year(2027),
    );
    for (const root of [first, second]) {
      const verified = verifyArchiveChain(twice, bytes, { roots: [root.root.der], at: year(2030) });
      await expect(verified).rejects.toMatchObject({ code: 'untrusted' });
    }
  });

  it('refuses other bytes, and a renewal of something else', async () => {
    const token = await first.stamp(bytes, { genTime: year(2026) });
    const once = newEvidenceRecord(token);
    expect(await outcomeOf(once, year(2027), new Uint8Array(3))).toBe('broken-chain');
    const foreign = await second.stamp(new Uint8Array(3), { genTime: year(2027) });
    expect(() => renew([once]).complete(foreign)).toThrow(TimestampError);
    const forged = formatEvidenceRecord({
      chains: [
        [
          { hashTree: null, token },
          { hashTree: null, token: foreign },
        ],
      ],
    });
    expect(await outcomeOf(forged, year(2027))).toBe('broken-chain');
  });

  it('renews several with one token', async () => {
    const all = Array.from({ length: 5 }, (_, at) => Uint8Array.of(at));
    const records = await Promise.all(
      all.map(async (one) => newEvidenceRecord(await first.stamp(one, { genTime: year(2026) }))),
    );
    const { imprint, complete } = renew(records);
    const token = await second.stamp(imprint, { genTime: year(2027) });
    await verifyTimestamp(token, { imprint, roots });
    const done = complete(token);
    for (const [at, record] of done.entries()) {
      expect(await outcomeOf(record, year(2030), all[at])).toBe(2026);
      expect(await outcomeOf(record, year(2030), all[(at + 1) % 5])).toBe('broken-chain');
      const [chain = []] = parseEvidenceRecord(record).chains;
      const other = parseEvidenceRecord(done[(at + 1) % 5]!).chains[0]!;
      const swapped = formatEvidenceRecord({ chains: [[chain[0]!, { ...chain[1]!, hashTree: other[1]!.hashTree }]] });
      if (at % 2 === 1) expect(await outcomeOf(swapped, year(2030), all[at])).toBe('broken-chain');
    }
    // Renewed again, each by itself and together.
    const again = renew(done);
    const last = again.complete(await third.stamp(again.imprint, { genTime: year(2033) }));
    for (const [at, record] of last.entries()) expect(await outcomeOf(record, year(2040), all[at])).toBe(2026);
  });

  it('goes over to a stronger digest with the bytes themselves', async () => {
    const once = newEvidenceRecord(await first.stamp(bytes, { genTime: year(2026) }));
    const twice = await renewed(once, second, year(2027));
    const { imprint, complete } = renewHashTree(twice, bytes, 'SHA-512');
    const [stronger] = complete(await third.stamp(imprint, { genTime: year(2032) }));
    expect(imprint.algorithm).toBe('SHA-512');
    expect(await outcomeOf(stronger!, year(2040))).toBe(2026);
    expect(await outcomeOf(stronger!, year(2040), new Uint8Array(3))).toBe('broken-chain');
    expect(parseEvidenceRecord(stronger!).chains.map(({ length }) => length)).toEqual([2, 1]);
    // The new chain is over the bytes and all before it: without what was before it is over nothing.
    const [, last = []] = parseEvidenceRecord(stronger!).chains;
    expect(await outcomeOf(formatEvidenceRecord({ chains: [last] }), year(2040))).toBe('broken-chain');
    const { chains } = parseEvidenceRecord(stronger!);
    const cut = formatEvidenceRecord({ chains: [chains[0]!.slice(0, 1), last] });
    expect(await outcomeOf(cut, year(2040))).toBe('broken-chain');
    // H(H(d) ‖ H(sequence)), RFC 4998 §5.2, worked out apart from the code under test.
    const before = parseEvidenceRecord(twice);
    const sequence = formatEvidenceRecord(before).slice(formatEvidenceRecord(before).length - sizeOfSequence(twice));
    expect(imprint.digest).toEqual(sha512(Buffer.concat([sha512(bytes), sha512(sequence)])));
  });

  /** The ArchiveTimeStampSequence is the last member of a record: what comes before has a size that is known. */
  function sizeOfSequence(record: Uint8Array): number {
    // 4 bytes of the record's own tag and length, version, one digest: 3 + 17.
    return record.length - 4 - 3 - 17;
  }

  it('writes a record as it was read, and refuses it with any byte changed', async () => {
    const record = await renewed(
      newEvidenceRecord(await first.stamp(bytes, { genTime: year(2026) })),
      second,
      year(2027),
    );
    expect(formatEvidenceRecord(parseEvidenceRecord(record))).toEqual(record);
    for (let at = 0; at < record.length; at += 7) {
      const changed = Uint8Array.from(record);
      changed[at]! ^= 1;
      expect([at, await outcomeOf(changed, year(2030))]).not.toEqual([at, 2026]);
    }
  }, 120_000);

  it.each([
    ['nothing', new Uint8Array(), 'malformed'],
    ['no timestamps', Buffer.from('300702010130003000', 'hex'), 'malformed'],
    ['version 2', Buffer.from('300702010230003000', 'hex'), 'malformed'],
    ['more than a mebibyte', new Uint8Array(1024 * 1024 + 1), 'too-large'],
  ])('refuses a record of %s', async (_, record, code) => {
    expect(await outcomeOf(record, year(2027))).toBe(code);
  });
});

describe('a hash tree', () => {
  const digest = digestNamed('SHA-256');

  it('leads from every leaf to its root, and from nothing else', () => {
    const leaves = fc.uniqueArray(fc.integer({ min: 0, max: 1e9 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(leaves, (numbers) => {
        const hashes = numbers.map((number) => sha256(new TextEncoder().encode(String(number))));
        const { root, reduced } = hashTreeOver(hashes, digest);
        for (const [at, hash] of hashes.entries()) {
          const path = reduced[at];
          expect(path ? rootOf(hash, path, digest) : hash).toEqual(root);
          if (path) expect(() => rootOf(sha256(hash), path, digest)).toThrow(TimestampError);
        }
      }),
    );
  });

  it('joins hashes in the order of their bytes, RFC 4998 §4.2', () => {
    const [low, high] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const { root } = hashTreeOver([high, low], digest);
    expect(root).toEqual(sha256(Buffer.concat([low, high])));
  });

  it('refuses a first list of one, which is read in two ways', () => {
    expect(() => rootOf(sha256(bytes), [[sha256(bytes)], [sha256(bytes)]], digest)).toThrow('one hash alone');
  });
});
