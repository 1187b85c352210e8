import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { openNote, signNote, type SigningKey } from '#domain/merkle';
import { temporaryFolder } from '../../test/support/temporary-folder.js';
import { addCheckpointBody, keyNamed, TestLog } from '../../test/support/test-log.js';
import { ConflictShelf } from './conflict-shelf.js';
import { readHeldHead } from './held-head.js';
import { Memory } from './memory.js';
import { Witness } from './witness.js';

const log = new TestLog('custody.example/log');
const key = keyNamed('witness.example/w1', 'cosignature-v1');
const logs = new Map([[log.origin, [log.key.verifier]]]);
const base = temporaryFolder('witness-clock');
let count = 0;
let now: Date;
beforeEach(() => {
  now = new Date('2026-11-24T21:00:00Z');
});

async function witnessWith(keys: readonly SigningKey[], trusted = logs): Promise<Witness> {
  const folder = join(base, String(++count));
  const memory = await Memory.open(folder, { own: keys.map(({ verifier }) => verifier), logs: trusted, unused: true });
  const conflicts = await ConflictShelf.open(folder, () => undefined);
  return new Witness({ ...{ keys, logs: trusted, memory, conflicts }, now: () => now, onConflict: () => undefined });
}

describe('the time of a cosignature', () => {
  const at = (text: string) => Date.parse(text) / 1000;

  it('is that of the clock', async () => {
    const witness = await witnessWith([key]);
    const { head } = await witness.addCheckpoint(log.request(0, 3));
    expect(head.cosignedAtSeconds).toBe(at('2026-11-24T21:00:00Z'));
  });

  it('never goes back: a clock that was set back a little repeats the last time', async () => {
    const witness = await witnessWith([key]);
    await witness.addCheckpoint(log.request(0, 3));
    now = new Date('2026-11-24T20:59:30Z');
    const { head } = await witness.addCheckpoint(log.request(3, 4));
    expect(head.cosignedAtSeconds).toBe(at('2026-11-24T21:00:00Z'));
  });

  it('is not made up: a clock that is far behind cosigns nothing', async () => {
    const witness = await witnessWith([key]);
    await witness.addCheckpoint(log.request(0, 3));
    now = new Date('2026-11-24T20:00:00Z');
    await expect(witness.addCheckpoint(log.request(3, 4))).rejects.toMatchObject({ code: 'clock-behind' });
    now = new Date('2026-11-24T21:00:01Z');
    await witness.addCheckpoint(log.request(3, 4));
  });
});

describe('a witness with a key of ML-DSA-44', () => {
  const second = keyNamed('witness.example/w1', 'ml-dsa-44');
  const extended = addCheckpointBody(0, [], signNote(`${log.text(3)}an extension\n`, [log.key]));

  it('cosigns with it beside the other, or alone', async () => {
    for (const keys of [[key, second], [second]]) {
      const witness = await witnessWith(keys);
      await witness.addCheckpoint(log.request(0, 2));
      const { lines } = await witness.addCheckpoint(log.request(2, 3));
      const note = new Uint8Array(Buffer.concat([log.checkpoint(3), Buffer.from(lines)]));
      const { signatures } = openNote(
        note,
        keys.map(({ verifier }) => verifier),
      );
      const seconds = Date.parse('2026-11-24T21:00:00Z') / 1000;
      expect(signatures).toEqual(
        keys.map(({ verifier }) => ({ kind: 'cosignature', key: verifier, timestampSeconds: seconds })),
      );
    }
  });

  it('leaves it out where there are extension lines, which it does not sign', async () => {
    const { lines } = await (await witnessWith([key, second])).addCheckpoint(extended);
    expect(lines.trim().split('\n')).toHaveLength(1);
    const alone = await witnessWith([second]);
    await expect(alone.addCheckpoint(extended)).rejects.toMatchObject({ code: 'malformed-request' });
  });

  it('cosigns a log that signs with ML-DSA-44, and refuses its extension lines', async () => {
    const signer = keyNamed(log.origin, 'ml-dsa-44');
    const quantum = new TestLog(log.origin, undefined, signer);
    const trusted = new Map([[log.origin, [signer.verifier]]]);
    const witness = await witnessWith([key, second], trusted);
    await witness.addCheckpoint(quantum.request(0, 3));
    const { head } = await witness.addCheckpoint(quantum.request(3, 4));
    expect(readHeldHead(head.note, [key.verifier, second.verifier], trusted).size).toBe(4);
    const text = Buffer.from(quantum.request(4, 5)).toString('utf8').replace('\n\n—', '\nan extension\n\n—');
    await expect(witness.addCheckpoint(Buffer.from(text))).rejects.toMatchObject({ code: 'malformed-request' });
  });
});

describe('a witness with two keys', () => {
  it('cosigns with each', async () => {
    const second = keyNamed('second.example/w1', 'cosignature-v1');
    const witness = await witnessWith([key, second]);
    const { lines } = await witness.addCheckpoint(log.request(0, 3));
    const note = new Uint8Array(Buffer.concat([log.checkpoint(3), Buffer.from(lines)]));
    expect(openNote(note, [key.verifier, second.verifier]).signatures).toHaveLength(2);
  });
});
