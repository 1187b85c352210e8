import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parseS3Address } from './s3/s3-address.js';
import { storeFrom } from './store-from.js';

describe('the address of a store', () => {
  it('opens a folder, and makes it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'amana-address-test-'));
    const store = await storeFrom(pathToFileURL(join(folder, 'a b', 'c')).href);
    expect(store.worm).toBe('emulated');
    await store.close();
    await rm(folder, { recursive: true });
  });

  it.each([
    ['s3://k:s@store.example/evidence', { host: 'store.example', port: 443, tls: true, region: 'us-east-1' }],
    ['s3://k:s@store.example/evidence?tls=0', { port: 80, tls: false }],
    [
      's3://k:s@127.0.0.1:7480/evidence?tls=0&region=eu-1',
      { host: '127.0.0.1', port: 7480, tls: false, region: 'eu-1' },
    ],
    ['s3://k:s@[::1]:7480/evidence/?tls=1', { host: '::1', port: 7480, tls: true, bucket: 'evidence' }],
    ['s3://k%2F1:a%2Bb%3A%40c@h/evidence', { accessKey: 'k/1', secretKey: 'a+b:@c' }],
  ])('reads %s', (address, expected) => {
    expect(parseS3Address(new URL(address))).toMatchObject(expected);
  });

  it.each([
    'evidence',
    '/var/evidence',
    'file://host/folder',
    'file:///',
    'http://key:hush@host/bucket',
    's3://host/bucket',
    's3://key@host/bucket',
    's3://:hush@host/bucket',
    's3:///bucket',
    's3://key:hush@host',
    's3://key:hush@host/',
    's3://key:hush@host/a/b',
    's3://key:hush@host/UPPER',
    's3://key:hush@host/ab',
    's3://key:hush@host/bucket?tls=yes',
    's3://key:hush@host/bucket?tsl=0',
    's3://key:hush%ZZ@host/bucket',
  ])('refuses %s without showing the secret', async (address) => {
    const refused = expect(storeFrom(address)).rejects;
    await refused.toMatchObject({ code: 'bad-address', message: expect.not.stringContaining('hush') as unknown });
  });
});
