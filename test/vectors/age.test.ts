import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import {
  makeHeader,
  newIdentity,
  openHeader,
  openPayload,
  parseHeader,
  recipientOf,
  sealPayload,
} from '#domain/sealing';
import { nodeAead } from '../../apps/cli/node/aead.js';
import { requires } from '../support/requires.js';

const CHUNK = 65536;
const sizes = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 5 * 1024 * 1024 + 3];

requires('age', 'age-keygen')('Debian’s age', () => {
  const folder = mkdtempSync(join(tmpdir(), 'amana-age-'));
  const identity = run('age-keygen', []).toString().trim().split('\n').at(-1) ?? '';
  const identityFile = join(folder, 'identity.txt');
  writeFileSync(identityFile, `${identity}\n`, { mode: 0o600 });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('derives the same recipient', () => {
    expect(run('age-keygen', ['-y', identityFile]).toString().trim()).toBe(recipientOf(identity));
  });

  it.each(sizes)('opens what we sealed of %d bytes, behind a header for several', (size) => {
    const plaintext = randomBytes(size);
    const [fileKey, payloadNonce] = [randomBytes(16), randomBytes(16)];
    const header = makeHeader(fileKey, [recipientOf(newIdentity()), recipientOf(identity)], nodeAead);
    const sealer = sealPayload(fileKey, payloadNonce, nodeAead);
    const file = Buffer.concat([header, sealer.update(plaintext), sealer.finish()]);
    expect(run('age', ['--decrypt', '--identity', identityFile], file).equals(plaintext)).toBe(true);
  });

  it.each(sizes)('is opened by us when it sealed %d bytes to several', (size) => {
    const plaintext = randomBytes(size);
    const recipients = [recipientOf(newIdentity()), recipientOf(identity)].flatMap((recipient) => [
      '--recipient',
      recipient,
    ]);
    const file = run('age', ['--encrypt', ...recipients], plaintext);
    const { headerSizeBytes } = parseHeader(file);
    const opener = openPayload(openHeader(file.subarray(0, headerSizeBytes), [identity], nodeAead), nodeAead);
    const opened = Buffer.concat([opener.update(file.subarray(headerSizeBytes)), opener.finish()]);
    expect(opened.equals(plaintext)).toBe(true);
  });

  it('gives away, re-wrapped by us, what it had sealed', () => {
    const file = run('age', ['--encrypt', '--recipient', recipientOf(identity)], Buffer.from('evidence'));
    const { headerSizeBytes } = parseHeader(file);
    const fileKey = openHeader(file.subarray(0, headerSizeBytes), [identity], nodeAead);
    const partner = newIdentity();
    const partnerFile = join(folder, 'partner.txt');
    writeFileSync(partnerFile, `${partner}\n`, { mode: 0o600 });
    const shared = Buffer.concat([
      makeHeader(fileKey, [recipientOf(partner)], nodeAead),
      file.subarray(headerSizeBytes),
    ]);
    expect(run('age', ['--decrypt', '--identity', partnerFile], shared).toString()).toBe('evidence');
  });
});

function run(command: string, args: readonly string[], input?: Uint8Array): Buffer {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, maxBuffer: 64 * 1024 * 1024 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${String(status)}: ${stderr.toString()}`);
  return stdout;
}
