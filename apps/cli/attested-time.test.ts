import { beforeAll, describe, expect, it } from '@jest/globals';
import { ApiError } from '#client/api';
import type { StampedHeadView } from '#domain/contract';
import {
  cosignNote,
  formatLogPolicy,
  formatNote,
  parseLogPolicy,
  parseNote,
  signingKey,
  type LogPolicy,
} from '#domain/merkle';
import { goldenKeys, seededBytes } from '../../test/support/golden-keys.js';
import { GoldenLog } from '../../test/support/golden-log.js';
import { makeGolden } from '../../test/support/golden-package.js';
import { stampedHead } from './attested-time.js';
import { WatchedLog } from './watched-log.js';

const { log: key } = goldenKeys();
const witness = signingKey('witness.example/w1', 'cosignature-v1', seededBytes('attested time', 32));
const timestamp = { token: '', evidenceRecord: null, genTime: '2026-11-20T16:10:00.000Z', tsa: 'CN=signer' };
let logs: GoldenLog[];
let trusted: LogPolicy;
let witnessing: LogPolicy;

beforeAll(async () => {
  const { lines } = await makeGolden();
  // Of 24, 26 and 28 entries.
  logs = [0, 2, 4].map((strangers) => new GoldenLog(lines, strangers));
  const policy = (text: string) => parseLogPolicy(new TextEncoder().encode(text));
  trusted = policy(formatLogPolicy(key.verifier));
  const operators = [{ name: 'w1', witnesses: [{ key: witness.verifier, url: 'http://witness.example/' }] }];
  witnessing = policy(formatLogPolicy(key.verifier, { operators }));
});

/** A log that has stamped these heads, the cosigned ones with their cosignature. */
function stamping(heads: readonly { readonly at: number; readonly cosigned: boolean }[]): WatchedLog {
  const views = heads.map(({ at, cosigned }): StampedHeadView => {
    const note = logs[at]!.checkpoint(key);
    const { text, signatures } = parseNote(note);
    const line = cosignNote(text, witness, 1_764_000_000);
    const stamped = cosigned ? formatNote({ text, signatures: [...signatures, line] }) : note;
    return { size: logs[at]!.size, note: Buffer.from(stamped).toString('utf8'), timestamp, roots: null };
  });
  const log = {
    stampedHead: (size: number) => {
      const found = views.find((view) => view.size >= size);
      return found ? Promise.resolve(found) : Promise.reject(new ApiError({ kind: 'bad-answer' }, 'none'));
    },
  };
  return new WatchedLog(log as never, trusted, () => '');
}

describe('a stamped head', () => {
  it('is the first over the record where no witness is trusted', async () => {
    const found = await stampedHead(25, stamping([0, 1, 2].map((at) => ({ at, cosigned: false }))), null, 0);
    expect(found).toMatchObject({ checkpoint: { size: 26 }, timestamp });
  });

  it('is one that was stamped with the cosignatures of the quorum where witnesses are trusted', async () => {
    const heads = [
      { at: 0, cosigned: false },
      { at: 1, cosigned: true },
      { at: 2, cosigned: true },
    ];
    expect((await stampedHead(20, stamping(heads), witnessing, 0))?.checkpoint.size).toBe(26);
    expect(await stampedHead(20, stamping(heads.slice(0, 1)), witnessing, 0)).toBeNull();
  });

  it('is none when patience ends, and none that is smaller than asked for', async () => {
    expect(await stampedHead(29, stamping([{ at: 2, cosigned: false }]), null, 0)).toBeNull();
    const short = stamping([{ at: 0, cosigned: false }]);
    const found = await short.log.stampedHead(0);
    Object.assign(short.log, { stampedHead: () => Promise.resolve(found) });
    await expect(stampedHead(25, short, null, 0)).rejects.toMatchObject({ name: 'ProofError', code: 'bad-size' });
  });

  it('is none that its log did not sign', async () => {
    const forged = stamping([{ at: 2, cosigned: false }]);
    const found = await forged.log.stampedHead(0);
    const note = found.note.replace('\n28\n', '\n29\n');
    Object.assign(forged.log, { stampedHead: () => Promise.resolve({ ...found, note }) });
    await expect(stampedHead(25, forged, null, 0)).rejects.toMatchObject({ name: 'ProofError' });
  });
});
