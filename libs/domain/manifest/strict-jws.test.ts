import { describe, expect, it } from '@jest/globals';
import { type JWK, base64url, importJWK } from 'jose';
import { codeOf } from '../../../test/support/code-of.js';
import { exampleManifest } from '../../../test/support/example-documents.js';
import type { GeneralJws } from './index.js';
import {
  canonicalJson,
  newSigningKey,
  publicJwkOf,
  signManifest,
  signPayload,
  signerOf,
  thumbprintOf,
  verifyManifest,
} from './index.js';

const privateKey = await newSigningKey();
const key = publicJwkOf(privateKey);
const signer = await signerOf(privateKey);
const manifest = exampleManifest();
const good = await signManifest(manifest, signer);
const other = await signManifest(exampleManifest(), signer);
const [signature = { protected: '', signature: '' }] = good.signatures;

const encode = (text: string): string => base64url.encode(text);
const header = JSON.parse(new TextDecoder().decode(base64url.decode(signature.protected))) as Record<string, unknown>;
const verify = (jws: unknown, keyOf: () => typeof key | undefined = () => key): Promise<unknown> =>
  verifyManifest(jws, keyOf);

/** A JWS whose signature holds, over the header given: what a faulty or hostile client would send. */
async function signedWith(changes: Record<string, unknown>, payload = canonicalJson(manifest)): Promise<GeneralJws> {
  return signedWithText(JSON.stringify({ ...header, ...changes }), payload);
}

async function signedWithText(headerText: string, payload = canonicalJson(manifest)): Promise<GeneralJws> {
  const head = encode(headerText);
  const body = base64url.encode(payload);
  const cryptoKey = await cryptoKeyOf(privateKey);
  const bytes = await crypto.subtle.sign('Ed25519', cryptoKey, new TextEncoder().encode(`${head}.${body}`));
  return { payload: body, signatures: [{ protected: head, signature: base64url.encode(new Uint8Array(bytes)) }] };
}

async function cryptoKeyOf(jwk: JWK): Promise<CryptoKey> {
  const imported = await importJWK(jwk, 'EdDSA');
  if (imported instanceof Uint8Array) throw new TypeError('not an asymmetric key');
  return imported;
}

describe('a signed document', () => {
  it('is verified from its object and from its bytes', async () => {
    const verified = await verifyManifest(good, () => key);
    expect(verified.manifest).toEqual(manifest);
    expect(verified.payloadBytes).toEqual(canonicalJson(manifest));
    expect(verified.payloadSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(verified.kids).toEqual([signer.kid]);
    expect(verified.hasSeal).toBe(false);
    expect(await verifyManifest(canonicalJson(good), () => key)).toEqual(verified);
  });

  it('has a header of alg, typ and the thumbprint, and nothing else', async () => {
    expect(header).toEqual({ alg: 'EdDSA', typ: 'amana-manifest+jws', kid: await thumbprintOf(key) });
  });

  it('is verified when another writes the header in another order', async () => {
    const { alg, typ, kid } = header;
    await expect(verify(await signedWithText(JSON.stringify({ kid, typ, alg })))).resolves.toBeDefined();
  });

  it('is signed by a key that cannot be taken out of its place', async () => {
    const cryptoKey = await cryptoKeyOf({ ...privateKey, ext: false });
    expect(cryptoKey.extractable).toBe(false);
    expect(await signManifest(manifest, { kid: signer.kid, key: cryptoKey })).toEqual(good);
  });

  it('may be signed by several officers, each of whose signatures must hold', async () => {
    const other = await newSigningKey();
    const second = await signManifest(manifest, await signerOf(other));
    const both = { ...good, signatures: [...good.signatures, ...second.signatures] };
    const otherKey = publicJwkOf(other);
    const verified = await verifyManifest(both, (kid) => (kid === signer.kid ? key : otherKey));
    expect(verified.kids).toHaveLength(2);
    expect(await codeOf(() => verifyManifest(both, (kid) => (kid === signer.kid ? key : undefined)))).toBe(
      'unknown-key',
    );
  });

  it('gives the manifest to who looks the key up, for an officer must not sign for another', async () => {
    const keyOf = (_: string, { officerId }: typeof manifest): typeof key | undefined =>
      officerId === manifest.officerId ? key : undefined;
    await expect(verifyManifest(good, keyOf)).resolves.toBeDefined();
    expect(await codeOf(() => verifyManifest(other, keyOf))).toBe('unknown-key');
  });
});

describe('verifying refuses, though the signature holds,', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['an embedded key (jwk)', { jwk: key }, 'jws-header'],
    ['a key by address (jku)', { jku: 'https://example.org/jwks' }, 'jws-header'],
    ['a certificate by address (x5u)', { x5u: 'https://example.org/c.pem' }, 'jws-header'],
    ['a certificate chain (x5c)', { x5c: [] }, 'jws-header'],
    ['a certificate thumbprint (x5t)', { x5t: '' }, 'jws-header'],
    ['crit', { crit: ['exp'], exp: 1 }, 'jws-header'],
    ['an unencoded payload (b64)', { b64: false, crit: ['b64'] }, 'jws-header'],
    ['a content type', { cty: 'json' }, 'jws-header'],
    ['a seal’s parameter on an officer’s signature', { 'amana-seal': {} }, 'jws-header'],
    ['alg none', { alg: 'none' }, 'jws-alg'],
    ['alg HS256', { alg: 'HS256' }, 'jws-alg'],
    ['alg Ed25519, the newer name', { alg: 'Ed25519' }, 'jws-alg'],
    ['alg in another case', { alg: 'eddsa' }, 'jws-alg'],
    ['no alg', { alg: undefined }, 'jws-alg'],
    ['another typ', { typ: 'amana-receipt+jws' }, 'jws-typ'],
    ['a typ in another case', { typ: 'AMANA-MANIFEST+JWS' }, 'jws-typ'],
    ['a typ that objects have by birth', { typ: 'toString' }, 'jws-typ'],
    ['no typ', { typ: undefined }, 'jws-typ'],
    ['no kid', { kid: undefined }, 'jws-kid'],
    ['a kid that is a path', { kid: '../../etc/passwd' }, 'jws-kid'],
    ['a kid that is SQL', { kid: "' OR 1=1 --" }, 'jws-kid'],
    ['a kid that is a list', { kid: [header.kid] }, 'jws-kid'],
    ['the kid of another key', { kid: 'A'.repeat(43) }, 'bad-key'],
  ])('%s', async (_, changes, code) => {
    expect(await codeOf(async () => verify(await signedWith(changes)))).toBe(code);
  });

  it.each<[string, string, string]>([
    [
      'a header parameter twice',
      `{"alg":"EdDSA","typ":"amana-manifest+jws","kid":"${signer.kid}","alg":"EdDSA"}`,
      'json-duplicate-member',
    ],
    ['a header that is a list', '[]', 'jws-header'],
    ['a header that is not JSON', 'alg', 'json-syntax'],
    ['a header with a byte order mark', `\ufeff${JSON.stringify(header)}`, 'json-bom'],
  ])('%s', async (_, text, code) => {
    expect(await codeOf(async () => verify(await signedWithText(text)))).toBe(code);
  });

  const text = new TextDecoder().decode(canonicalJson(manifest));
  it.each<[string, string, string]>([
    ['content with spaces', text.replace('{', '{ '), 'payload-not-canonical'],
    [
      'content in another order',
      JSON.stringify(Object.fromEntries(Object.entries(manifest).reverse())),
      'payload-not-canonical',
    ],
    [
      'content with an escape that is not needed',
      text.replace('"amana-manifest/v1"', String.raw`"\u0061mana-manifest/v1"`),
      'payload-not-canonical',
    ],
    [
      'content with a number in another form',
      text.replace('"sizeBytes":70000', '"sizeBytes":7e4'),
      'payload-not-canonical',
    ],
    ['content with a member twice', text.replace('{', '{"schema":"amana-manifest/v1",'), 'json-duplicate-member'],
    ['content with a member too many', text.replace('{', '{"a":1,'), 'bad-document'],
    ['content that ends twice', `${text}\n`, 'payload-not-canonical'],
    ['content followed by other', `${text}{}`, 'json-trailing'],
    ['no content', '', 'json-syntax'],
  ])('%s', async (_, payload, code) => {
    expect(await codeOf(async () => verify(await signedWith({}, new TextEncoder().encode(payload))))).toBe(code);
  });
});

describe('verifying refuses', () => {
  const stray = (encoded: string): string => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    return encoded.slice(0, -1) + (alphabet[alphabet.indexOf(encoded.slice(-1)) ^ 1] ?? '');
  };
  const withSignature = (changed: object): unknown => ({ ...good, signatures: [{ ...signature, ...changed }] });

  it.each<[string, unknown, string]>([
    ['nothing', null, 'jws-shape'],
    ['a text', `${signature.protected}.${good.payload}.${signature.signature}`, 'jws-shape'],
    ['flattened serialization', { payload: good.payload, ...signature }, 'jws-shape'],
    ['no signatures', { ...good, signatures: [] }, 'jws-shape'],
    ['sixty-five signatures', { ...good, signatures: Array(65).fill(signature) }, 'jws-shape'],
    ['an unprotected header', withSignature({ header: { kid: 'x' } }), 'jws-shape'],
    ['a member too many', { ...good, extra: 1 }, 'jws-shape'],
    ['a payload that is not a text', { ...good, payload: {} }, 'jws-shape'],
    ['a signature twice', { ...good, signatures: [signature, signature] }, 'duplicate-signature'],
    ['a padded payload', { ...good, payload: `${good.payload}=` }, 'jws-base64'],
    ['a padded signature', withSignature({ signature: `${signature.signature}==` }), 'jws-base64'],
    ['a padded header', withSignature({ protected: `${signature.protected}=` }), 'jws-base64'],
    ['stray bits in a signature', withSignature({ signature: stray(signature.signature) }), 'jws-base64'],
    ['a line break in a signature', withSignature({ signature: `${signature.signature}\n` }), 'jws-base64'],
    ['standard base64', withSignature({ signature: `+/${signature.signature.slice(2)}` }), 'jws-base64'],
    ['an empty signature', withSignature({ signature: '' }), 'bad-signature'],
    [
      'a signature cut short',
      withSignature({ signature: signature.signature.slice(0, -2) + 'A' }),
      /jws-base64|bad-signature/ as unknown as string,
    ],
    ['a signature of other content', { ...good, payload: other.payload }, 'bad-signature'],
  ])('%s', async (_, jws, code) => {
    expect(await codeOf(() => verify(jws))).toEqual(typeof code === 'string' ? code : expect.stringMatching(code));
  });

  it('bytes in which a member stands twice', async () => {
    const bytes = new TextEncoder().encode(`{"payload":"e30",${JSON.stringify(good).slice(1)}`);
    expect(await codeOf(() => verify(bytes))).toBe('json-duplicate-member');
  });

  it('any signature in which a bit was changed', async () => {
    const bytes = base64url.decode(signature.signature);
    for (let bit = 0; bit < 512; bit += 7) {
      const altered = bytes.slice();
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await codeOf(() => verify(withSignature({ signature: base64url.encode(altered) })))).toBe('bad-signature');
    }
  });

  it('a key that nobody has, and a key that is not the one named', async () => {
    expect(await codeOf(() => verify(good, () => undefined))).toBe('unknown-key');
    const other = publicJwkOf(await newSigningKey());
    expect(await codeOf(() => verify(good, () => other))).toBe('bad-key');
  });

  it('to sign under an id that is not a thumbprint', async () => {
    expect(await codeOf(() => signPayload(new Uint8Array(1), 't', { ...signer, kid: 'me' }))).toBe('jws-kid');
  });
});

describe('keys', () => {
  it('have the id that RFC 8037 A.3 works out', async () => {
    const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
    expect(await thumbprintOf({ kty: 'OKP', crv: 'Ed25519', x })).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  const zeros = 'A'.repeat(42);
  it.each<[string, object]>([
    ['a private half where a public one is due', { ...privateKey }],
    ['another curve', { ...key, crv: 'X25519' }],
    ['another type', { ...key, kty: 'EC' }],
    ['a member too many', { ...key, kid: 'x' }],
    ['a short key', { ...key, x: key.x.slice(1) }],
    ['a padded key', { ...key, x: `${key.x}=` }],
    ['stray bits', { ...key, x: `${zeros}B` }],
    // Points of order 4, 1 and 2: signatures under them can be made by anybody.
    ['the point of order 4', { ...key, x: `${zeros}A` }],
    ['the neutral point', { ...key, x: base64url.encode(Uint8Array.from([1, ...Array<number>(31).fill(0)])) }],
    [
      'the point of order 2',
      { ...key, x: base64url.encode(Uint8Array.from([0xec, ...Array<number>(30).fill(0xff), 0x7f])) },
    ],
    ['no point at all', { ...key, x: base64url.encode(Uint8Array.from([2, ...Array<number>(31).fill(0)])) }],
  ])('refuse %s', async (_, wrong) => {
    expect(await codeOf(() => thumbprintOf(wrong as typeof key))).toBe('bad-key');
  });

  it('refuse halves that do not belong together', async () => {
    const other = await newSigningKey();
    expect(await codeOf(() => signerOf({ ...privateKey, x: other.x }))).toBe('bad-key');
    expect(await codeOf(() => signerOf({ ...privateKey, d: `${zeros}B` }))).toBe('bad-key');
  });
});
