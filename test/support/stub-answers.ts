import { CustodyEvent } from '#domain/custody';
import { type Manifest, parseStrictJson } from '#domain/manifest';
import { parseTilePath } from '#domain/merkle';
import type { Bytes } from '#domain/package';
import { ChunkTreeBuilder, encodeLeafHashes } from '#domain/sealing';
import { GOLDEN_IDS } from './golden-keys.js';
import { nodeHashers } from './memory-package.js';
import { type Answer, type Question, RETRIEVAL, type Served, jsonAnswer } from './stub-wire.js';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** What an honest platform answers. */
export async function answerOf(platform: Served, question: Question): Promise<Answer> {
  const { method, url } = question;
  const path = url.pathname;
  if (path.startsWith('/log/')) return fromLog(platform, path.slice('/log/'.length));
  const retrieval = /^\/v1\/retrievals\/[^/]+\/(?:files\/([^/]+)\/)?(payload|leaves|receipt)$/.exec(path);
  if (retrieval) return fromRetrieval(platform, question, retrieval[1] ?? '', retrieval[2] ?? '');
  if (method === 'POST' && path.endsWith('/retrievals')) return jsonAnswer(retrievalView(platform));
  const { profile } = platform;
  switch (path) {
    case '/v1':
      return jsonAnswer(profile?.platform);
    case '/v1/officers/me':
      return jsonAnswer({ officer: profile?.officer, agency: profile?.agency, teams: [] });
    case '/v1/agencies/mine/keys':
      return jsonAnswer(profile?.agencyKeys);
    case '/v1/agreements':
      return page([]);
    case '/v1/events':
      return page(events(platform));
    case `/v1/agencies/${GOLDEN_IDS.agency}`:
      return jsonAnswer(profile?.agency);
  }
  if (path === `/v1/exhibits/${GOLDEN_IDS.exhibit}/timestamps`) return jsonAnswer(exhibitTimestamps(platform));
  const taken = await platform.intake.answer(question);
  if (taken !== null) return taken;
  if (path === '/v1/exhibits') return page([exhibitView(platform.golden.manifest)]);
  if (path === `/v1/exhibits/${GOLDEN_IDS.exhibit}`)
    return jsonAnswer({ ...exhibitView(platform.golden.manifest), facts: {}, manifest: null, files: [] });
  return notFound();
}

function notFound(): Answer {
  return {
    ...jsonAnswer({ title: 'not found', status: 404, code: 'not-found' }, 404),
    type: 'application/problem+json',
  };
}

function page(items: readonly unknown[]): Answer {
  return jsonAnswer({ items, next: null });
}

/** An exhibit as lists have it. */
export function exhibitView({ exhibitId, exhibitNumber, caseNumber, agencyId, officerId, files }: Manifest) {
  return {
    ...{ id: exhibitId, number: exhibitNumber, caseNumber, agencyId, officerId },
    ...{ caseId: GOLDEN_IDS.case, teamId: null, agencyName: 'Border', agencyState: 'LY', state: 'sealed' },
    fileCount: files.length,
    sealedSizeBytes: files.reduce((sum, file) => sum + file.sealedSizeBytes, 0),
    ...{ manifestSha256: null, registeredAt: '2026-11-20T16:00:00.000Z', sealedAt: null, version: 1 },
  };
}

function retrievalView({ golden }: Served) {
  const headers = new Map([...golden.content.files].map(({ fileId, header }) => [fileId, header]));
  return {
    ...{ id: RETRIEVAL, exhibitId: GOLDEN_IDS.exhibit, purpose: 'trial', expiresAt: '2999-01-01T00:00:00.000Z' },
    manifest: golden.content.manifest,
    signerCertificate: golden.content.keys.officerCertificate,
    files: golden.manifest.files.map(({ id, sealedSizeBytes }) => {
      return { id, sealedSizeBytes, header: base64(headers.get(id) ?? new Uint8Array(0)) };
    }),
  };
}

function events({ golden }: Served) {
  return golden.lines.map(({ index, salt, body }) => {
    const event = CustodyEvent.parse(parseStrictJson(body));
    const proof = { state: 'in-tree', witnesses: [] };
    return { id: event.id, index, proof, salt: base64(salt), body: base64(body), event };
  });
}

function exhibitTimestamps({ time: { roots, manifest } }: Served) {
  return { exhibitId: GOLDEN_IDS.exhibit, roots, manifest };
}

async function fromLog({ golden, log, time }: Served, name: string): Promise<Answer> {
  if (name.startsWith('timestamps/')) {
    if (time.checkpoint === null || Number(name.slice('timestamps/'.length)) > log.size) return notFound();
    const note = Buffer.from(log.checkpoint(golden.keys.log)).toString('utf8');
    return jsonAnswer({ size: log.size, note, roots: time.roots, timestamp: time.checkpoint });
  }
  if (name === 'checkpoint') return { status: 200, type: 'text/plain', body: log.checkpoint(golden.keys.log) };
  if (name === 'checkpoint/witnessed' || name === 'succession') return notFound();
  const ref = parseTilePath(name);
  const body =
    ref.kind === 'tile' ? log.readTile(ref.level, ref.index, ref.width) : log.readEntryBundle(ref.index, ref.width);
  return { status: 200, type: 'application/octet-stream', body: Buffer.from(await body) };
}

async function fromRetrieval({ golden }: Served, { range }: Question, fileId: string, what: string): Promise<Answer> {
  if (what === 'receipt') return jsonAnswer({});
  const file = [...golden.content.files].find((one) => one.fileId === fileId);
  const object = await whole(file?.payload() ?? nothing());
  const octets = { type: 'application/octet-stream' };
  if (what === 'leaves') return { ...octets, status: 200, body: leavesOf(object) };
  const [, start = '0', end = '0'] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  return { ...octets, status: 206, body: object.subarray(Number(start), Number(end) + 1) };
}

function leavesOf(object: Uint8Array): Uint8Array {
  const tree = new ChunkTreeBuilder(nodeHashers.sha256);
  tree.update(object);
  return encodeLeafHashes(tree.finish().leafHashes);
}

async function whole(pieces: Bytes): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(Uint8Array.from(piece));
  return Buffer.concat(all);
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // a file that there is not
}
