import { beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson, parseStrictJson, signPayload, signerOf, type GeneralJws } from '#domain/manifest';
import {
  cosignNote,
  formatCheckpoint,
  formatLogPolicy,
  formatNote,
  formatTlogProof,
  formatVerifierKey,
  parseNote,
  parseTlogProof,
  signingKey,
  type NoteSignature,
  type SigningKey,
} from '#domain/merkle';
import { GOLDEN_IDS, agreement, goldenKeys, officerCertificate, seededBytes, uuid } from '../../../test/support/golden-keys.js';
import { GoldenLog, recordLine } from '../../../test/support/golden-log.js';
import { makeGolden, packageOf, type Golden } from '../../../test/support/golden-package.js';
import { nodeHashers, type MemoryPackage } from '../../../test/support/memory-package.js';
import { PATHS, evidencePath, inlineHasher, proofPath, verifyPackage, type Link, type PackageContent, type RecordLine } from './index.js';
import { formatRecordLine } from './record-line.js';

/** Attacks by who can make the bag's lists agree with what they did. Numbers are those of bad-input.md. */
type Attack = readonly [what: string, link: Link, says: RegExp, make: () => Promise<MemoryPackage> | MemoryPackage];

const hasher = inlineHasher(nodeHashers);
const impostor = goldenKeys('impostor');
let golden: Golden;
let whole: MemoryPackage;

beforeAll(async () => {
  golden = await makeGolden();
  whole = await packageOf(golden.content);
});

const with_ = (changes: Partial<PackageContent>) => packageOf({ ...golden.content, ...changes });
const altered = (path: string, content: string | Uint8Array | null) => whole.copy().set(path, content).rebag();
const last = () => golden.lines.at(-1)!;

/** The package with another record; the lines are in a log of their own, properly proven and signed. */
async function recorded(lines: readonly RecordLine[]): Promise<MemoryPackage> {
  const log = new GoldenLog(lines);
  const checkpoint = log.checkpoint(golden.keys.log);
  return with_({ events: await log.packaged(lines, checkpoint), checkpoint });
}

/** Events changed before they were appended, so that all of their chain and proofs holds. */
async function appended(statements: NonNullable<Parameters<typeof makeGolden>[0]>['statements']): Promise<MemoryPackage> {
  return packageOf((await makeGolden({ statements: statements! })).content);
}

/** A line of the record altered as text. */
function lineAltered(at: number, alter: (line: string) => string): MemoryPackage {
  const lines = whole.text(PATHS.events).split(/(?<=\n)/);
  return altered(PATHS.events, lines.map((line, number) => (number === at ? alter(line) : line)).join(''));
}

function bodyAltered(at: number, alter: (body: string) => string): MemoryPackage {
  const line = golden.lines[at]!;
  const body = Buffer.from(alter(Buffer.from(line.body).toString('utf8')));
  return lineAltered(at, () => formatRecordLine({ ...line, body }));
}

function proofAltered(index: number, alter: (hashes: Uint8Array[]) => Uint8Array[]): MemoryPackage {
  const proof = parseTlogProof(whole.files.get(proofPath(index))!);
  return altered(proofPath(index), formatTlogProof({ ...proof, hashes: alter([...proof.hashes]) }));
}

/** Another checkpoint, put into every proof too. */
function headed(checkpoint: Uint8Array, from = whole): MemoryPackage {
  const copy = from.copy().set(PATHS.checkpoint, checkpoint);
  for (const { index } of golden.lines) {
    copy.set(proofPath(index), formatTlogProof({ ...parseTlogProof(from.files.get(proofPath(index))!), checkpoint }));
  }
  return copy.rebag();
}

const headText = () => parseNote(golden.content.checkpoint).text;
const signedHead = (text: string, key: SigningKey) => golden.log.note(key, text);
const rootLine = () => headText().split('\n')[2]!;

/** A document signed as no function of ours would sign it. */
async function signedRaw(bytes: Uint8Array, typ: string, key = golden.keys.agency): Promise<GeneralJws> {
  return signPayload(bytes, typ, await signerOf(key));
}

const pretty = (bytes: Uint8Array) => new Uint8Array(Buffer.from(JSON.stringify(parseStrictJson(bytes), null, 1)));

const evidence = () => whole.files.get(evidencePath(GOLDEN_IDS.photograph))!;
const headerSize = () => evidence().length - golden.manifest.files[0]!.sealedSizeBytes;
const evidenceAltered = (alter: (bytes: Uint8Array) => Uint8Array) =>
  altered(evidencePath(GOLDEN_IDS.photograph), alter(Uint8Array.from(evidence())));
const byteAltered = (at: number) =>
  evidenceAltered((bytes) => {
    bytes[at]! ^= 1;
    return bytes;
  });

const ATTACKS: readonly Attack[] = [
  // The log.
  ['94 a flipped leaf: another salt', 'inclusion', /23\.tlog-proof: .*another root/, () =>
    lineAltered(7, () => formatRecordLine({ ...last(), salt: seededBytes('other', 32) }))],
  ['94 a flipped leaf: another body', 'inclusion', /23\.tlog-proof: .*another root/, () =>
    bodyAltered(7, (body) => body.replace('trial 12/2026', 'trial 13/2026'))],
  ['94 a flipped leaf within the chain', 'custody-entry', /index 20: the event does not name the one before it/, () =>
    bodyAltered(5, (body) => body.replace('T16:05:', 'T16:04:'))],
  ['95 swapped leaves: two events change places', 'custody-entry', /index 14: the event comes after one of index 17/, () => {
    const lines = whole.text(PATHS.events).split(/(?<=\n)/);
    [lines[4], lines[5]] = [lines[5]!, lines[4]!];
    return altered(PATHS.events, lines.join(''));
  }],
  ['95 swapped leaves: two events change indexes', 'inclusion', /14\.tlog-proof: .*another root/, () => {
    const lines = golden.lines.map((line) => ({ ...line }));
    const swapped = lines.map((line, at) => (at === 4 ? { ...lines[5]!, index: 14 } : at === 5 ? { ...lines[4]!, index: 17 } : line));
    const chained = golden.lines.map((line, at) => (at === 4 || at === 5 ? { ...line, index: swapped[at]!.index } : line));
    const copy = whole.copy().set(PATHS.events, chained.map(formatRecordLine).join(''));
    return copy.set(proofPath(14), whole.files.get(proofPath(17))!.slice()).set(
      proofPath(14),
      formatTlogProof({ ...parseTlogProof(whole.files.get(proofPath(17))!), index: 14 }),
    ).rebag();
  }],
  ['95 swapped leaves: a proof under the name of another', 'inclusion', /2\.tlog-proof: the proof is of index 5/, () =>
    altered(proofPath(2), whole.files.get(proofPath(5))!)],
  ['96 a dropped tail of a proof', 'inclusion', /ends before the root/, () => proofAltered(2, (hashes) => hashes.slice(0, -1))],
  ['97 another tree size', 'inclusion', /2\.tlog-proof/, () => headed(formatNote({ ...parseNote(golden.content.checkpoint), text: headText().replace('\n28\n', '\n33\n') }))],
  ['97 a tree size that the proofs fit too', 'checkpoint', /does not verify/, () => headed(formatNote({ ...parseNote(golden.content.checkpoint), text: headText().replace('\n28\n', '\n29\n') }))],
  ['98 an empty proof', 'inclusion', /ends before the root/, () => proofAltered(8, () => [])],
  ['99 an extra node', 'inclusion', /no place for/, () => proofAltered(8, (hashes) => [...hashes, seededBytes('extra', 32)])],
  ['99 extra data in a proof', 'inclusion', /extra data/, () =>
    altered(proofPath(8), formatTlogProof({ ...parseTlogProof(whole.files.get(proofPath(8))!), extra: seededBytes('extra', 9) }))],
  ['100 a checkpoint signed by the wrong key', 'checkpoint', /no known key signed/, () => headed(signedHead(headText(), impostor.log))],
  ['100 a signature that is not of this checkpoint', 'checkpoint', /does not verify/, () =>
    headed(formatNote({ text: headText(), signatures: parseNote(signedHead(headText().replace('\n28\n', '\n29\n'), golden.keys.log)).signatures }))],
  ['100 a checkpoint of another origin by the right key', 'checkpoint', /no trusted log of this origin/, () =>
    headed(signedHead(`custody.example/log/other\n28\n${rootLine()}\n`, golden.keys.log))],
  ['100 an extension line, signed', 'checkpoint', /extension lines/, () => headed(signedHead(`${headText()}timestamp 1\n`, golden.keys.log))],
  ['104 a fork: a proof under another head of the same size', 'inclusion', /another checkpoint/, () => {
    const fork = signedHead(formatCheckpoint({ origin: golden.keys.log.verifier.name, size: 28, root: seededBytes('fork', 32) }), golden.keys.log);
    return altered(proofPath(8), formatTlogProof({ ...parseTlogProof(whole.files.get(proofPath(8))!), checkpoint: fork }));
  }],
  ['104 a fork: another head of the same size everywhere', 'inclusion', /another root/, () =>
    headed(signedHead(formatCheckpoint({ origin: golden.keys.log.verifier.name, size: 28, root: seededBytes('fork', 32) }), golden.keys.log))],

  // The record.
  ['96 the last event dropped', 'custody-entry', /no event "package-exported"/, () => with_({ events: golden.content.events.slice(0, -1) })],
  ['an event dropped from the middle', 'custody-entry', /index 11: the exhibit's event 3 should be here, this is number 4/, () =>
    with_({ events: golden.content.events.filter((_, at) => at !== 2) })],
  ['the first event dropped', 'custody-entry', /index 5: .*event 1 should be here/, () => with_({ events: golden.content.events.slice(1) })],
  ['an event twice', 'custody-entry', /index 2: the event comes after one of index 2/, () =>
    altered(PATHS.events, whole.text(PATHS.events).replace(/^.*\n/, '$&$&'))],
  ['a record without an event', 'custody-entry', /is missing|is empty/, () => altered(PATHS.events, '')],
  ['a last line cut off', 'custody-entry', /line 8: the line does not end/, () => altered(PATHS.events, whole.text(PATHS.events).slice(0, -1))],
  ['a line without end', 'custody-entry', /line 1: more than 262144 bytes/, () => altered(PATHS.events, 'x'.repeat(300_000))],
  ['a space in a line', 'custody-entry', /line 3: .*one spelling/, () => lineAltered(2, (line) => line.replace(',', ', '))],
  ['members in another order', 'custody-entry', /line 3: .*one spelling/, () =>
    lineAltered(2, (line) => line.replace(/^\{("index":\d+),("salt":"[^"]+")/, '{$2,$1'))],
  ['a member twice', 'custody-entry', /line 3: .*one spelling/, () => lineAltered(2, (line) => line.replace('{', '{"index":8,'))],
  ['an index with a leading zero', 'custody-entry', /line 3: .*one spelling/, () => lineAltered(2, (line) => line.replace(':8', ':08'))],
  ['an index beyond 2^53', 'custody-entry', /line 3: .*one spelling/, () => lineAltered(2, (line) => line.replace(':8', ':9007199254740993'))],
  ['base64 with stray bits', 'custody-entry', /line 1: .*one spelling/, () =>
    lineAltered(0, (line) => line.replace(/"salt":"(.*?).="/, (_, start: string) => `"salt":"${start}${start.endsWith('A') ? 'B' : '9'}="`))],
  ['base64 without padding', 'custody-entry', /line 1: .*one spelling/, () => lineAltered(0, (line) => line.replace('=","body', '","body'))],
  ['103 an event that is not canonical JSON', 'custody-entry', /line 8 \(index 23\): the body is not canonical/, () =>
    recorded(golden.lines.map((line, at) => (at === 7 ? recordLine(line.index, pretty(line.body)) : line)))],
  ['103 an event with a member twice', 'custody-entry', /line 8 \(index 23\): .*second time/, () =>
    recorded(golden.lines.map((line, at) => (at === 7 ? recordLine(line.index, new Uint8Array(Buffer.from(Buffer.from(line.body).toString().replace('{', '{"zone":"UTC",')))) : line)))],
  ['an event with a field that none has', 'custody-entry', /not a custody event/, () =>
    recorded(golden.lines.map((line, at) => (at === 7 ? recordLine(line.index, canonicalJson({ ...(parseStrictJson(line.body) as object), note: 'x' })) : line)))],
  ['an event of another exhibit', 'custody-entry', /index 20: the event is not of exhibit/, () =>
    appended((all) => all.map((one, at) => (at === 6 ? { ...one, exhibitId: uuid(99) as typeof GOLDEN_IDS.exhibit } : one)))],
  ['a record of another manifest', 'custody-entry', /index 11 \(manifest-signed\): .*another manifest/, () =>
    appended((all) => all.map((one) => (one.kind === 'manifest-signed' ? { ...one, hashAfter: 'a'.repeat(64) } : one)))],
  ['a seal of another manifest in the record', 'custody-entry', /index 17 \(exhibit-sealed\): .*another manifest/, () =>
    appended((all) => all.map((one) => (one.kind === 'exhibit-sealed' ? { ...one, hashAfter: 'a'.repeat(64) } : one)))],
  ['another signer in the record', 'custody-entry', /another officer/, () =>
    appended((all) => all.map((one) => (one.kind === 'manifest-signed' ? { ...one, detail: { signedBy: GOLDEN_IDS.prosecutor } } : one)))],
  ['another signature in the record', 'custody-entry', /another signature/, () =>
    appended((all) => all.map((one) => (one.kind === 'manifest-signed' ? { ...one, signature: 'AAAA' } : one)))],
  ['a file in the record that the manifest has not', 'custody-entry', /a file that the manifest has not/, () =>
    appended((all) => all.map((one, at) => (at === 1 ? { ...one, object: { fileId: uuid(77) as typeof GOLDEN_IDS.empty, versionId: 'v' } } : one)))],
  ['a file of the manifest that the record has not', 'custody-entry', /no event "file-stored" of file/, () =>
    appended((all) => all.filter((_, at) => at !== 2))],
  ['another size of a stored file in the record', 'custody-entry', /another size/, () =>
    appended((all) => all.map((one, at) => (at === 1 ? { ...one, detail: { sealedSizeBytes: 32 } } : one)))],
  ['a seal over another version of a stored file', 'custody-entry', /other versions/, () =>
    appended((all) => all.map((one, at) => (at === 1 ? { ...one, object: { ...one.object!, versionId: 'other' } } : one)))],
  ['a record that tells of no sealing', 'custody-entry', /no event "exhibit-sealed"/, () =>
    appended((all) => all.filter(({ kind }) => kind !== 'exhibit-sealed'))],

  // Signatures and keys.
  ['a manifest signed by another key', 'signer-certificate', /no certificate of officer/, async () =>
    with_({ manifest: (await makeGolden({ keys: { ...golden.keys, officer: impostor.officer } })).content.manifest })],
  ['a manifest altered under its signature', 'manifest-signature', /signature of .* is not of this content/, () => {
    const jws = parseStrictJson(whole.files.get(PATHS.manifest)!) as GeneralJws;
    const payload = Buffer.from(Buffer.from(jws.payload, 'base64url').toString().replace('empty.txt', 'other.txt')).toString('base64url');
    return altered(PATHS.manifest, canonicalJson({ ...jws, payload }));
  }],
  ['103 a manifest that is not canonical JSON', 'manifest-signature', /not canonical JSON/, async () =>
    altered(PATHS.manifest, canonicalJson(await signedRaw(pretty(canonicalJson(golden.manifest)), 'amana-manifest+jws', golden.keys.officer)))],
  ['a manifest with a member twice', 'manifest-signature', /second time/, () =>
    altered(PATHS.manifest, whole.text(PATHS.manifest).replace('{', '{"payload":"",'))],
  ['a manifest without the officer\'s signature', 'manifest-signature', /no officer has signed/, () => {
    const jws = golden.content.manifest as GeneralJws;
    return with_({ manifest: { ...jws, signatures: jws.signatures.slice(1) } });
  }],
  ['a manifest that is not sealed', 'seal', /not one seal/, () => {
    const jws = golden.content.manifest as GeneralJws;
    return with_({ manifest: { ...jws, signatures: jws.signatures.slice(0, 1) } });
  }],
  ['a seal by another key', 'seal', /nobody known has the key/, async () =>
    with_({ manifest: (await makeGolden({ keys: { ...golden.keys, platform: impostor.platform } })).content.manifest })],
  ['a platform key that is none', 'seal', /not a public Ed25519 key/, () => altered(PATHS.platformKey, '{"crv":"Ed25519","kty":"OKP","x":"AA"}')],
  ['a certificate by another agency\'s key', 'signer-certificate', /nobody known has the key/, async () =>
    with_({ keys: { ...golden.content.keys, officerCertificate: await officerCertificate({ ...golden.keys, agency: impostor.agency }) } })],
  ['a certificate of another officer', 'signer-certificate', /no certificate of officer/, async () =>
    with_({ keys: { ...golden.content.keys, officerCertificate: await officerCertificate(golden.keys, { officerId: GOLDEN_IDS.prosecutor }) } })],
  ['a certificate by an agency that is not the officer\'s', 'signer-certificate', /not theirs/, async () =>
    with_({ keys: { ...golden.content.keys, officerCertificate: await officerCertificate(golden.keys, { agencyId: GOLDEN_IDS.otherAgency }) } })],
  ['a certificate that had expired when the manifest was sealed', 'signer-certificate', /held until/, async () =>
    with_({ keys: { ...golden.content.keys, officerCertificate: await officerCertificate(golden.keys, { validUntil: '2026-11-20T16:00:00.000Z' }) } })],
  ['a certificate that was not in force yet', 'signer-certificate', /holds from/, async () =>
    with_({ keys: { ...golden.content.keys, officerCertificate: await officerCertificate(golden.keys, { validFrom: '2026-11-20T16:00:00.001Z' }) } })],
  ['an agreement that lists another key of the agency', 'signer-certificate', /lists another key of agency/, async () =>
    with_({ keys: { ...golden.content.keys, agreements: [await agreement({ ...golden.keys, agency: impostor.agency })] } })],
  ['an agreement that one party has not signed', 'signer-certificate', /not signed by every party/, async () => {
    const signed = await agreement(golden.keys);
    return with_({ keys: { ...golden.content.keys, agreements: [{ ...signed, signatures: signed.signatures.slice(1) }] } });
  }],
  ['a JWS of no kind that belongs here', 'signer-certificate', /typ/, async () =>
    altered('data/keys/other.jws.json', canonicalJson(await signedRaw(canonicalJson({}), 'amana-receipt+jws')))],

  // The evidence.
  ['a byte of evidence altered', 'payload', /0007\.age: the stored object was altered/, () => byteAltered(headerSize() + 600_000)],
  ['the last byte of evidence altered', 'payload', /the stored object was altered/, () => byteAltered(evidence().length - 1)],
  ['the nonce altered', 'payload', /the nonce/, () => byteAltered(headerSize())],
  ['the age header spoilt', 'payload', /not an age header/, () => byteAltered(3)],
  ['evidence cut short', 'payload', /bytes follow the age header, the manifest has/, () => evidenceAltered((bytes) => bytes.slice(0, -1))],
  ['evidence continued', 'payload', /bytes follow the age header, the manifest has/, () => evidenceAltered((bytes) => new Uint8Array([...bytes, 0]))],
  ['evidence cut within its header', 'payload', /end within the age header/, () => evidenceAltered((bytes) => bytes.slice(0, 100))],
  ['evidence that is empty', 'payload', /end within the age header/, () => evidenceAltered(() => new Uint8Array(0))],
  ['an age header without end', 'payload', /end within the age header/, () =>
    evidenceAltered(() => new Uint8Array(Buffer.from(`age-encryption.org/v1\n-> X25519 ${'a'.repeat(200_000)}`)))],
  ['two files of evidence exchanged', 'payload', /0007\.age: .*bytes follow/, () => {
    const [one, other] = [evidencePath(GOLDEN_IDS.photograph), evidencePath(GOLDEN_IDS.empty)];
    return whole.copy().set(one, whole.files.get(other)!).set(other, whole.files.get(one)!).rebag();
  }],

  // Missing and extra files, listed as if they ought to be so.
  ['105 a missing file of evidence', 'payload', /is missing: the manifest has this file/, () => altered(evidencePath(GOLDEN_IDS.empty), null)],
  ['105 a missing manifest', 'manifest-signature', /is missing/, () => altered(PATHS.manifest, null)],
  ['105 a missing record', 'custody-entry', /is missing/, () => altered(PATHS.events, null)],
  ['105 a missing proof', 'inclusion', /11\.tlog-proof is missing/, () => altered(proofPath(11), null)],
  ['105 a missing checkpoint', 'checkpoint', /is missing/, () => altered(PATHS.checkpoint, null)],
  ['105 a missing certificate', 'signer-certificate', /no certificate of officer/, () => altered(`data/keys/officer-${GOLDEN_IDS.officer}.jws.json`, null)],
  ['105 a missing statement of the agency', 'signer-certificate', /nobody known has the key/, () => altered(`data/keys/agency-${GOLDEN_IDS.agency}.jws.json`, null)],
  ['105 a missing platform key', 'seal', /is missing/, () => altered(PATHS.platformKey, null)],
  ['106 an extra file of evidence', 'payload', /the manifest has no such file/, () => altered(`data/evidence/${uuid(70)}.age`, evidence())],
  ['106 an extra proof', 'inclusion', /3\.tlog-proof is of no event/, () => altered(proofPath(3), whole.files.get(proofPath(2))!)],
  ['106 an extra file of any other kind', 'bag', /data\/invoice\.exe is no file of a court package/, () => altered('data/invoice.exe', 'MZ')],
  ['106 a file of evidence that is not named by an id', 'bag', /no file of a court package/, () => altered('data/evidence/photo.age', evidence())],
];

describe('an attack that the bag itself does not show', () => {
  it.each(ATTACKS)('%s → %s', async (_what, link, says, make) => {
    const verdict = await verifyPackage(await make(), { hasher, policy: Buffer.from(formatLogPolicy(golden.keys.log.verifier)) });
    expect(verdict).toMatchObject({ verdict: 'broken', link });
    expect(verdict.detail).toMatch(says);
  });

  it('is not what the same steps make of a package left as it is', async () => {
    const policy = Buffer.from(formatLogPolicy(golden.keys.log.verifier));
    const harmless = [whole.copy().rebag(), headed(golden.content.checkpoint), await recorded(golden.lines), await appended((all) => all), lineAltered(2, (line) => line)];
    for (const one of harmless) expect((await verifyPackage(one, { hasher, policy })).verdict).toBe('verified');
  });
});

describe('a package that vouches for itself', () => {
  it('102 is verified by its own claim, which says so, and not by the policy a reader pins', async () => {
    const forged = await packageOf((await makeGolden({ keys: impostor })).content);
    const own = await verifyPackage(forged, { hasher });
    expect(own.verdict).toBe('verified');
    expect(own.detail).toMatch(/all keys, the log's too, are the package's own claim/);
    const pinned = await verifyPackage(forged, { hasher, policy: Buffer.from(formatLogPolicy(golden.keys.log.verifier)) });
    expect(pinned).toMatchObject({ verdict: 'broken', link: 'checkpoint' });
  });

  it('102 does not choose its witnesses where the reader has', async () => {
    const policy = policyOf(witness('real'));
    const cosigned = headed(cosignedHead(witness('false')));
    const claiming = cosigned.set(PATHS.policy, policyOf(witness('false'))).rebag();
    expect(await verifyPackage(claiming, { hasher })).toMatchObject({ verdict: 'verified', checked: { cosignatures: 1 } });
    const verdict = await verifyPackage(claiming, { hasher, policy: Buffer.from(policy) });
    expect(verdict).toMatchObject({ verdict: 'broken', link: 'witness-quorum' });
  });
});

describe('the witness quorum', () => {
  const policy = () => Buffer.from(policyOf(witness('one'), witness('two')));

  it('is met by as many witnesses as the policy asks for', async () => {
    const verdict = await verifyPackage(headed(cosignedHead(witness('one'), witness('two'))), { hasher, policy: policy() });
    expect(verdict).toMatchObject({ verdict: 'verified', checked: { cosignatures: 2 } });
    expect(verdict.detail).toMatch(/the witness quorum is met/);
  });

  it('101 counts a witness that cosigned twice once', async () => {
    const verdict = await verifyPackage(headed(cosignedHead(witness('one'), witness('one'))), { hasher, policy: policy() });
    expect(verdict).toMatchObject({ verdict: 'broken', link: 'witness-quorum' });
  });

  it('is not met by no witness at all', async () => {
    expect(await verifyPackage(whole, { hasher, policy: policy() })).toMatchObject({ verdict: 'broken', link: 'witness-quorum' });
  });
});

function witness(name: string): SigningKey {
  return signingKey(`${name}.witness.example`, 'cosignature-v1', seededBytes(`witness ${name}`, 32));
}

function cosignedHead(...witnesses: SigningKey[]): Uint8Array {
  const { text, signatures } = parseNote(golden.content.checkpoint);
  const cosignatures: NoteSignature[] = witnesses.map((key, at) => cosignNote(text, key, 1_795_000_000 + at));
  return formatNote({ text, signatures: [...signatures, ...cosignatures] });
}

/** The golden log and all of these witnesses. */
function policyOf(...witnesses: SigningKey[]): string {
  const lines = witnesses.map(({ verifier }, at) => `witness w${at} ${formatVerifierKey(verifier)}\n`);
  const names = witnesses.map((_, at) => `w${at}`).join(' ');
  return `log ${formatVerifierKey(golden.keys.log.verifier)}\n${lines.join('')}group g all ${names}\nquorum g\n`;
}
