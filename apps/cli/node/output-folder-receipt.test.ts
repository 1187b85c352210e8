import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, jest } from '@jest/globals';
import { fileNameOf } from '#domain/manifest';
import { exampleFile, exampleManifest } from '../../../test/support/example-documents.js';
import * as privateFile from './private-file.js';
import { temporaryFolder } from '../../../test/support/temporary-folder.js';

const { syncFolder } = privateFile;
const events: string[] = [];
jest.unstable_mockModule('./private-file.js', () => ({
  ...privateFile,
  syncFolder: (path: string | Buffer) => {
    syncFolder(path);
    events.push(Buffer.from(path).toString('latin1'));
  },
}));
const { FetchFolder } = await import('./output-folder.js');

it('a receipt is signed when every folder that got a file is durable, also what an earlier attempt put there', async () => {
  const parent = temporaryFolder('fetch');
  const root = join(parent, 'new', 'out');
  const names = ['top', 'a/b/deep', Buffer.from([0x66, 0xff, 0x2f, 0xfe])];
  const files = names.map((name) => exampleFile(fileNameOf(Buffer.from(name))));
  const manifest = exampleManifest({ files });
  const opened = FetchFolder.open(root, manifest, 'a'.repeat(64));
  expect(events.sort()).toEqual([parent, join(parent, 'new')]);
  for (const file of files) {
    const partial = opened.partial(file);
    writeFileSync(partial.path, 'x');
    await partial.finish();
  }
  events.length = 0;
  const { receipt, path } = await FetchFolder.open(root, manifest, 'a'.repeat(64)).writeReceipt(() => {
    events.push('signed');
    return Promise.resolve({ signed: true });
  });
  expect(events.pop()).toBe('signed');
  expect(events.sort()).toEqual([root, `${root}/a`, `${root}/a/b`, `${root}/f\u00ff`]);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(receipt);
});
