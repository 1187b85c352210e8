import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { cosignNote, formatNote, parseNote } from '#domain/merkle';
import { codeOf } from '../../test/support/code-of.js';
import { temporaryFolder } from '../../test/support/temporary-folder.js';
import { keyNamed, TestLog } from '../../test/support/test-log.js';
import { readHeldHead, type HeldHead } from './held-head.js';
import { Memory, type MemoryOwner } from './memory.js';

const log = new TestLog('custody.example/log');
const other = new TestLog('other.example/log');
const key = keyNamed('witness.example/w1', 'cosignature-v1');
const logs = new Map([log, other].map((one) => [one.origin, [one.key.verifier]]));
const used: MemoryOwner = { own: [key.verifier], logs, unused: false };
const base = temporaryFolder('memory');
let count = 0;
let folder: string;

beforeEach(async () => {
  folder = join(base, String(++count));
  const memory = await Memory.open(folder, { ...used, unused: true });
  await memory.replace(undefined, head(log, 3));
});

function noteOf(of: TestLog, size: number): Uint8Array {
  const { text, signatures } = parseNote(of.checkpoint(size));
  return formatNote({ text, signatures: [...signatures, cosignNote(text, key, 1_795_000_000)] });
}
const head = (of: TestLog, size: number): HeldHead => readHeldHead(noteOf(of, size), used.own, logs);
const headFile = () => join(folder, 'heads', readdirSync(join(folder, 'heads'))[0] ?? '');

describe('what a witness remembers', () => {
  it('comes back as it went', async () => {
    const memory = await Memory.open(folder, used);
    expect(memory.held(log.origin)).toEqual(head(log, 3));
    await memory.replace(memory.held(log.origin), head(log, 4));
    await memory.replace(undefined, head(other, 2));
    const again = await Memory.open(folder, used);
    expect([again.held(log.origin)?.size, again.held(other.origin)?.size]).toEqual([4, 2]);
  });

  it('is replaced by who knows it, and never by less', async () => {
    const memory = await Memory.open(folder, used);
    await expect(memory.replace(undefined, head(log, 4))).rejects.toThrow('has changed meanwhile');
    await expect(memory.replace(head(log, 3), head(log, 4))).rejects.toThrow('has changed meanwhile');
    await expect(memory.replace(memory.held(log.origin), head(log, 2))).rejects.toThrow('would shrink');
    expect(memory.held(log.origin)?.size).toBe(3);
  });

  it('of many logs at once is listed whole', async () => {
    const many = Array.from({ length: 20 }, (_, at) => new TestLog(`many.example/${at}`));
    const owner = { ...used, logs: new Map(many.map((one) => [one.origin, [one.key.verifier]])) };
    const memory = await Memory.open(folder, owner);
    await Promise.all(many.map((one) => memory.replace(undefined, head(one, 2))));
    const { cosigned } = JSON.parse(readFileSync(join(folder, 'identity.json'), 'utf8')) as { cosigned: string[] };
    expect(cosigned).toHaveLength(21);
  });

  it('may gain keys and lose none', async () => {
    const more = keyNamed('second.example/w1', 'cosignature-v1');
    await Memory.open(folder, { ...used, own: [key.verifier, more.verifier] });
    expect(await codeOf(() => Memory.open(folder, used))).toBe('memory');
  });

  it('forgets what a crash left unfinished', async () => {
    writeFileSync(`${headFile()}.new`, 'half');
    await Memory.open(folder, used);
    expect(readdirSync(join(folder, 'heads'))).toHaveLength(1);
  });

  it.each<[string, () => void]>([
    ['a head cut short', () => truncateSync(headFile(), 100)],
    ['an empty head', () => truncateSync(headFile(), 0)],
    ['a head that is gone', () => rmSync(headFile())],
    ['a head under the name of another log', () => copyFileSync(headFile(), `${headFile().slice(0, -10)}abcde.note`)],
    ['a head that only the log signed', () => writeFileSync(headFile(), log.checkpoint(3))],
    ['a file that is none of its', () => writeFileSync(join(folder, 'heads', 'note.txt'), 'hello')],
    ['no list of what it must remember', () => rmSync(join(folder, 'identity.json'))],
    ['half a list', () => truncateSync(join(folder, 'identity.json'), 40)],
    ['nothing at all', () => rmSync(folder, { recursive: true })],
  ])('is not believed with %s', async (_, damage) => {
    damage();
    await expect(Memory.open(folder, used)).rejects.toMatchObject({
      code: 'memory',
      message: expect.stringContaining('do not restore this folder from a backup') as unknown,
    });
  });

  it('is believed under the key that the log had then, and has still, beside a new one', async () => {
    const successor = keyNamed('successor.example/log').verifier;
    const both = new Map([[log.origin, [successor, log.key.verifier]]]);
    await Memory.open(folder, { ...used, logs: both });
    await expect(Memory.open(folder, { ...used, logs: new Map([[log.origin, [successor]]]) })).rejects.toThrow(
      "a log's earlier key stays in the configuration",
    );
  });

  it('is not taken over by an unused key', async () => {
    rmSync(join(folder, 'identity.json'));
    expect(await codeOf(() => Memory.open(folder, { ...used, unused: true }))).toBe('memory');
  });

  it('is not believed with any byte of a head changed', () => {
    const good = noteOf(log, 3);
    expect(readHeldHead(good, used.own, logs).size).toBe(3);
    for (let at = 0; at < good.length; at++) {
      const changed = good.map((byte, index) => (index === at ? byte ^ 1 : byte));
      expect(() => readHeldHead(changed, used.own, logs)).toThrow(expect.objectContaining({ name: 'ProofError' }));
    }
  });
});
