import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { formatSigningKey, formatVerifierKey } from '#domain/merkle';
import { temporaryFolder } from '../../test/support/temporary-folder.js';
import { keyNamed, TestLog } from '../../test/support/test-log.js';
import { readWitnessConfig } from './config.js';

const base = temporaryFolder('witness-config');
const log = new TestLog('custody.example/log');
const good = {
  ...{ name: 'witness.example/w1', keyFile: 'witness.key', listen: '127.0.0.1:7450', dataFolder: 'data' },
  logs: [{ vkey: log.verifierKey }],
};
let count = 0;

/** A folder with a key and this configuration. */
function written(config: unknown, key = formatSigningKey(good.name, 'cosignature-v1', new Uint8Array(32))): string {
  const folder = join(base, String(++count));
  mkdirSync(folder);
  writeFileSync(join(folder, 'witness.key'), `${key}\n`, { mode: 0o600 });
  const path = join(folder, 'witness.json');
  writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config));
  return path;
}

describe('the configuration of a witness', () => {
  it('is read, its paths from where it lies', async () => {
    const path = written({ ...good, listen: '[::1]:0', operations: 'localhost:9', requestTimeoutSeconds: 3 });
    const config = await readWitnessConfig(path);
    expect(config).toMatchObject({
      ...{ name: good.name, dataFolder: join(path, '..', 'data'), requestTimeoutSeconds: 3 },
      ...{ listen: { host: '::1', port: 0 }, operations: { host: 'localhost', port: 9 } },
    });
    expect([...config.logs]).toEqual([[log.origin, [log.key.verifier]]]);
    expect(config.keys.map(({ verifier }) => verifier.name)).toEqual([good.name]);
  });

  it('may give a log an origin that is not the name of its key, and several keys', async () => {
    const second = keyNamed('second').verifier;
    const logs = [
      { vkey: log.verifierKey, origin: 'an origin' },
      { vkey: formatVerifierKey(second), origin: 'an origin' },
    ];
    const config = await readWitnessConfig(written({ ...good, logs }));
    expect([...config.logs]).toEqual([['an origin', [log.key.verifier, second]]]);
  });

  it('is refused with every fault at once', async () => {
    const path = written({
      name: 'other',
      keyFile: 'witness.key',
      listen: '7450',
      logs: [{ vkey: 'x' }],
      color: 'red',
    });
    await expect(readWitnessConfig(path)).rejects.toMatchObject({ code: 'refused-configuration' });
    const message = await readWitnessConfig(path).catch((error: unknown) => String(error));
    for (const fault of ['listen: ', 'dataFolder: ', 'logs.0.vkey: ', '"color"', 'name: the key is that of']) {
      expect(message).toContain(fault);
    }
  });

  const witnessKey = formatVerifierKey(keyNamed('w', 'cosignature-v1').verifier);
  it.each<[string, unknown]>([
    ['no JSON', '{'],
    ['a member twice', `{"name":"a",${JSON.stringify(good).slice(1)}`],
    ['nothing in it', {}],
    ['no logs', { ...good, logs: [] }],
    ["a witness's key for a log", { ...good, logs: [{ vkey: witnessKey }] }],
    ['a log twice', { ...good, logs: [...good.logs, ...good.logs] }],
    ['an origin of two lines', { ...good, logs: [{ vkey: log.verifierKey, origin: 'a\nb' }] }],
    ['a port beyond the last', { ...good, listen: '127.0.0.1:65536' }],
    ['a time without end', { ...good, requestTimeoutSeconds: 3600 }],
  ])('is refused with %s', async (_, config) => {
    await expect(readWitnessConfig(written(config))).rejects.toMatchObject({ code: 'refused-configuration' });
  });

  it.each<[string, string]>([
    ["a log's key", formatSigningKey(good.name, 'ed25519', new Uint8Array(32))],
    ["another's key", formatSigningKey('other', 'cosignature-v1', new Uint8Array(32))],
    ['no key', ''],
    ['a key cut short', formatSigningKey(good.name, 'cosignature-v1', new Uint8Array(32)).slice(0, -8)],
  ])('is refused with %s in the key file, which is not shown', async (_, key) => {
    const error = await readWitnessConfig(written(good, key)).catch((cause: unknown) => String(cause));
    expect(error).toContain('is refused');
    expect(error).not.toContain('AAAAAAAA');
  });

  it.each([0o644, 0o640, 0o604, 0o660])('is refused with a key file of mode %#o', async (mode) => {
    const path = written(good);
    chmodSync(join(path, '..', 'witness.key'), mode);
    await expect(readWitnessConfig(path)).rejects.toThrow('chmod 600');
  });
});
