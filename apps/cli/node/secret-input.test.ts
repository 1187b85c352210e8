import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '../../../test/support/temporary-folder.js';
import { readNewSecret, readSecret } from './secret-input.js';

const folder = temporaryFolder('secret');
const words = { prompt: 'Passphrase', hint: 'set AMANA_PASSPHRASE' };

function fileOf(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

describe('a secret', () => {
  it('is taken from the file that was asked for, whatever the environment has', async () => {
    const sources = { ...words, value: 'of the environment', file: fileOf('given', 'of the file\r\nmore\n') };
    expect(await readSecret(sources)).toBe('of the file');
    expect(await readNewSecret(sources)).toBe('of the file');
  });

  it('is taken from the environment where no file was asked for', async () => {
    expect(await readSecret({ ...words, value: 'of the environment', file: undefined })).toBe('of the environment');
  });

  it('is not looked for elsewhere when the file asked for has none', async () => {
    const reading = readSecret({ ...words, value: 'of the environment', file: fileOf('empty', '\nsecond line') });
    await expect(reading).rejects.toThrow('has no secret in its first line');
  });
});
