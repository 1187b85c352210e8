import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';

/** The layers that run in a browser too: bundled for one, they need no Node built-in and no global that only Node has. */
const stages = readdirSync('libs/domain')
  .filter((stage) => existsSync(join('libs/domain', stage, 'index.ts')))
  .map((stage) => `#domain/${stage}`)
  .concat('#client/keystore');

const scenario = `
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { canonicalJson, newSigningKey, parseStrictJson, signPayload, readJws, verifySignature, publicJwkOf, signerOf } from '#domain/manifest';
import { ChunkTreeBuilder, makeHeader, newIdentity, openHeader, openPayload, recipientOf, sealPayload } from '#domain/sealing';
import { createKeystore, newOfficerKeys, openKeystore } from '#client/keystore';

const aead = { seal: (k, n, p, out) => chacha20poly1305(k, n).encrypt(p, out), open: (k, n, s, out) => chacha20poly1305(k, n).decrypt(s, out) };
const [fileKey, nonce, identity] = [crypto.getRandomValues(new Uint8Array(16)), crypto.getRandomValues(new Uint8Array(16)), newIdentity()];
const sealer = sealPayload(fileKey, nonce, aead);
const sealed = [sealer.update(new Uint8Array(100000).fill(7)), sealer.finish()];
const tree = new ChunkTreeBuilder(sha256);
sealed.forEach((piece) => tree.update(piece));
const opener = openPayload(openHeader(makeHeader(fileKey, [recipientOf(identity)], aead), [identity], aead), aead);
const opened = sealed.map((piece) => opener.update(piece).length).reduce((a, b) => a + b) + opener.finish().length;

const keys = await openKeystore(await createKeystore(await newOfficerKeys(), 'seven quiet harbours', 4), 'seven quiet harbours');
const jws = readJws(await signPayload(canonicalJson({ a: 1 }), 't', await signerOf(keys.signingKey)), { t: [] });
await verifySignature(jws, jws.signatures[0], publicJwkOf(keys.signingKey));
console.log(JSON.stringify({ opened, root: tree.finish().root.length, content: parseStrictJson(jws.payloadBytes) }));
`;

/** What a browser has not, and the bundle may not ask for; Node's own fetch and streams go on having it. */
const NODE_GLOBALS = ['process', 'Buffer', 'global', 'require', 'module', 'setImmediate'];

describe('the domain and the keystore, bundled for a browser,', () => {
  const folder = mkdtempSync(join(tmpdir(), 'amana-bundle-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(stages)('%s needs no Node built-in', async (stage) => {
    const bundled = await bundle(`export * from '${stage}';`, join(folder, `${stage.replace(/\W/g, '-')}.js`));
    expect([...bundled.errors, ...bundled.warnings]).toEqual([]);
  });

  it('seal, open, sign and unlock without Node’s globals', async () => {
    const outfile = join(folder, 'scenario.mjs');
    await bundle(scenario, outfile);
    const run = spawnSync(process.execPath, [outfile], { encoding: 'utf8', env: { PATH: process.env.PATH } });
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toEqual({ opened: 100_000, root: 32, content: { a: 1 } });
  });
});

/** esbuild fails where a browser would miss a module. */
async function bundle(contents: string, outfile: string): ReturnType<typeof build> {
  return build({
    stdin: { contents, resolveDir: resolve('.'), loader: 'ts' },
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    conditions: ['amana-source'],
    define: Object.fromEntries(
      NODE_GLOBALS.flatMap((name) => [name, `globalThis.${name}`]).map((name) => [name, 'undefined']),
    ),
    outfile,
    logLevel: 'silent',
  });
}
