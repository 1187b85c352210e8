import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { testAead } from '../../../test/support/node-primitives.js';
import { officerIdentity, prepared, sourceOf } from '../../../test/support/upload-server.js';
import type { FileId } from '#domain/evidence';
import { newIdentity, recipientOf } from '#domain/sealing';
import { encodeEntry, openSecrets, readJournal, sealSecrets } from './upload-journal.js';

describe('the journal', () => {
  it.each([
    ['nothing', () => ''],
    ['a first line cut short', (text: string) => text.slice(0, 100)],
    ['a line that is not one', (text: string) => `${text}?\n`],
    ['two beginnings', (text: string) => text + text],
    ['a part with two digests', (text: string) => text + partLine('AA==') + partLine('AQ==')],
  ])('is refused with %s', (_, spoil) => {
    const { lines } = prepared([sourceOf('a', randomBytes(10))]);
    expect(() => readJournal(spoil(lines.join('')))).toThrow(expect.objectContaining({ code: 'journal-corrupt' }));
  });

  it('opens to the officer alone', () => {
    const secrets = [0, 1, 2].map(() => ({ fileKey: randomBytes(16), payloadNonce: randomBytes(16) }));
    const sealed = sealSecrets(secrets, recipientOf(officerIdentity), testAead);
    expect(openSecrets(sealed, officerIdentity, testAead).map(({ fileKey }) => Buffer.from(fileKey))).toEqual(
      secrets.map(({ fileKey }) => fileKey),
    );
    expect(() => openSecrets(sealed, newIdentity(), testAead)).toThrow(
      expect.objectContaining({ code: 'journal-corrupt' }),
    );
  });

  function partLine(sha256: string): string {
    return encodeEntry({ kind: 'part', fileId: '0b9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d11' as FileId, number: 1, sha256 });
  }
});
