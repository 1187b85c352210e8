import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { walkPaths } from './walk-paths.js';
import { temporaryFolder } from '../../../test/support/temporary-folder.js';

let root: string;
beforeEach(() => {
  root = temporaryFolder('walk');
  mkdirSync(join(root, 'phone', 'b'), { recursive: true });
  mkdirSync(join(root, 'phone', 'empty folder'));
  writeFileSync(join(root, 'phone', 'b', 'صورة.jpg'), 'x');
  writeFileSync(join(root, 'phone', 'a b.txt'), '');
  writeFileSync(join(root, 'phone', 'cafe\u0301'), '1');
  writeFileSync(join(root, 'phone', 'caf\u00e9'), '2');
  writeFileSync(join(root, 'disk.E01'), 'EVF');
});

const names = (...paths: string[]) =>
  walkPaths(paths.map((path) => (path === '' ? root : join(root, path)))).map(({ name }) => name);

describe('walking paths', () => {
  it('names what is below a folder from the folder on, in byte order, each normalisation its own', () => {
    expect(names('phone')).toEqual(['phone/a b.txt', 'phone/b/صورة.jpg', 'phone/cafe\u0301', 'phone/caf\u00e9']);
    expect(names('phone/')).toEqual(names('phone'));
  });

  it('names a file by its last name, and what is below `.` or `..` from there', () => {
    expect(names('disk.E01', 'phone/b')).toEqual(['disk.E01', 'b/صورة.jpg']);
    expect(walkPaths([`${root}/phone/b/.`]).map(({ name }) => name)).toEqual(['صورة.jpg']);
    expect(walkPaths([`${root}/phone/b/..`]).map(({ name }) => name)).toContain('a b.txt');
  });

  it('tells sizes and what the endings claim', () => {
    const [file] = walkPaths([join(root, 'phone', 'b')]);
    expect(file).toMatchObject({ sizeBytes: 1, mediaType: 'image/jpeg' });
    expect(walkPaths([join(root, 'disk.E01')])[0]?.mediaType).toBe('application/octet-stream');
  });

  it('refuses links and special files rather than leave them out', async () => {
    symlinkSync('a b.txt', join(root, 'phone', 'link'));
    expect(() => names('phone')).toThrow(/phone\/link": is a symbolic link/);
    const server = createServer().listen(join(root, 'socket'));
    await once(server, 'listening');
    expect(() => names('socket')).toThrow(/socket": is a special file/);
    server.close();
  });

  it('refuses an empty folder, a name twice and a path that is not there', () => {
    expect(() => names('phone/empty folder')).toThrow('there is no file to seal');
    expect(() => names('phone/b', 'phone/b/صورة.jpg', 'phone/b')).toThrow('the same name');
    expect(() => names('none')).toThrow(/ENOENT/);
  });
});
