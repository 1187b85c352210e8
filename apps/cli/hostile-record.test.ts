import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { IntakeReceipt } from '#domain/contract';
import { exampleFacts } from '#domain/manifest';
import { formatLogPolicy } from '#domain/merkle';
import { goldenKeys } from '../../test/support/golden-keys.js';
import { GoldenLog } from '../../test/support/golden-log.js';
import { type Attack, HostileDesk, flipped, htmlPage } from '../../test/support/hostile-desk.js';

const desk = HostileDesk.use();
const CHECKPOINT = /\/log\/checkpoint$/;
const EVENTS = /\/v1\/events$/;

interface Shown {
  readonly index: number;
  readonly salt: string;
  readonly body: string;
  readonly event: unknown;
}
const inEvents = (alter: (events: Shown[]) => unknown) =>
  desk.platform.lieAt(EVENTS, (page: { items: Shown[] }) => ({ ...page, items: alter(page.items) }));
/** The event of this index, 8, is another in the platform's database. */
const edited = (otherwise: Partial<Shown>) =>
  inEvents((events) => events.map((one) => (one.index === 8 ? { ...one, ...otherwise } : one)));
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('the log of a platform', () => {
  it('is whole when it does not lie, with every event that the officer may read', async () => {
    const { code, stdout, stderr } = await desk.amana('log', 'fsck', '--json');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, size: 28, events: 8, faults: [] });
    expect((await desk.amana('log', 'fsck')).stdout).toMatch(/is whole: 28 entries .*; the 8 events that you may read/);
  });

  it('is checked without events where nobody is signed in, which is said', async () => {
    writeFileSync(join(desk.folder, 'policy'), formatLogPolicy(desk.platform.golden.keys.log.verifier));
    const args = ['log', 'fsck', '--json', '--public', '--policy', 'policy'];
    const { code, stdout, stderr } = await desk.amana(...args);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^What events say was not checked/)]);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, events: null });
    expect(desk.platform.asked.some((question) => EVENTS.test(question))).toBe(false);
  });

  it.each<Attack>([
    [
      'a body edited in the database',
      4,
      /broken at 8 \(event\): .* not the one in the log/,
      () => edited({ body: base64('{"kind":"none"}') }),
    ],
    [
      'a body that is no JSON any more',
      4,
      /broken at 8 \(event\)/,
      () => edited({ body: base64('\u0000'), event: null }),
    ],
    [
      'a salt edited in the database',
      4,
      /broken at 8 \(event\)/,
      () => edited({ salt: Buffer.alloc(32).toString('base64') }),
    ],
    ['a salt that is none', 4, /broken at 8 \(event\)/, () => edited({ salt: '' })],
    ['an event under the index of another', 4, /broken at 7 \(event\)/, () => edited({ index: 7 })],
    ['an event that is not in the log', 4, /broken at 4000 \(event\)/, () => edited({ index: 4000 })],
    [
      'an entry altered',
      4,
      /broken at \d+ \(bundle\)/,
      () => desk.platform.alterAt(/tile\/entries/, (bytes) => flipped(bytes, 60)),
    ],
    [
      'a tile altered',
      4,
      /broken at \d+ \(tile\)/,
      () => desk.platform.alterAt(/tile\/0/, (bytes) => flipped(bytes, 60)),
    ],
    [
      'a checkpoint altered',
      4,
      /signature|key|note/,
      () => desk.platform.alterAt(CHECKPOINT, (bytes) => flipped(bytes, 30)),
    ],
    ['a checkpoint by another key', 4, /no known key|signed/, () => signedByImpostor()],
    ['a checkpoint that is HTML', 4, /./, () => desk.platform.answerAt(CHECKPOINT, htmlPage)],
  ])(
    'is found broken: %s',
    async (_what, exit, says, lie) => {
      await lie();
      desk.expectRefused(await desk.amana('log', 'fsck'), exit, says);
    },
    60_000,
  );

  it.each<Attack>([
    [
      'rolled back',
      4,
      /did not grow out of the head over 28 entries/,
      () => serve(new GoldenLog(desk.platform.golden.lines, 0)),
    ],
    [
      'forked',
      4,
      /did not grow out of the head over 28 entries/,
      () => serve(new GoldenLog(desk.platform.golden.lines.slice(1))),
    ],
    [
      'forked and grown',
      4,
      /did not grow out of the head over 28 entries/,
      () => serve(new GoldenLog(desk.platform.golden.lines.slice(1), 40)),
    ],
  ])('is refused once it was %s, by whoever saw its head before', async (_what, exit, says, lie) => {
    expect((await desk.amana('log', 'checkpoint')).code).toBe(0);
    await lie();
    desk.expectRefused(await desk.amana('log', 'checkpoint'), exit, says);
    desk.expectRefused(await desk.amana('log', 'fsck'), exit, says);
  });

  it('gives no proof of an event that is not the one in the log', async () => {
    const { items } = { items: desk.platform.golden.lines };
    const { id } = JSON.parse(Buffer.from(items[2]!.body).toString()) as { id: string };
    expect((await desk.amana('log', 'prove', id)).code).toBe(0);
    edited({ salt: Buffer.alloc(32).toString('base64') });
    desk.expectRefused(await desk.amana('log', 'prove', id), 4, /./);
    desk.platform.alterAt(/tile\/0/, (bytes) => flipped(bytes, 32 * 9));
    desk.expectRefused(await desk.amana('log', 'prove', id), 4, /./);
  });
});

describe('the receipt of a platform', () => {
  beforeEach(() => {
    writeFileSync(join(desk.folder, 'image.raw'), 'an image');
    writeFileSync(join(desk.folder, 'facts.json'), JSON.stringify(exampleFacts('required')));
  });
  const upload = () => desk.amana('exhibit', 'upload', 'image.raw', '--facts', 'facts.json');
  const receipts = () => {
    const folder = join(desk.folder, 'home/officers/haddad%40border.ly.example/receipts');
    return existsSync(folder) ? readdirSync(folder) : [];
  };
  const inReceipt = (alter: (receipt: IntakeReceipt) => unknown) => desk.platform.lieAt(/\/receipt$/, alter);

  it('is checked and kept when it does not lie', async () => {
    expect(await upload()).toMatchObject({ code: 0, stderr: '' });
    expect(receipts()).toHaveLength(1);
  });

  it.each<Attack>([
    ['of another exhibit, true in itself', 4, /of another exhibit/, () => ofAnotherExhibit()],
    [
      'without a seal',
      4,
      /receipt does not hold/,
      () => inReceipt(({ manifest, ...receipt }) => ({ ...receipt, manifest: unsealed(manifest) })),
    ],
    [
      'with the proof of another place',
      4,
      /another place/,
      () => inReceipt((receipt) => ({ ...receipt, sealedEventIndex: 9 })),
    ],
    [
      'with a hash of the proof altered',
      4,
      /receipt does not hold/,
      () => inReceipt((receipt) => ({ ...receipt, proof: otherHash(receipt.proof) })),
    ],
    [
      'with the checkpoint of another log',
      4,
      /receipt does not hold/,
      () => inReceipt((receipt) => ({ ...receipt, proof: receipt.proof.replace('2026a', '2026b') })),
    ],
    ['that is HTML', 5, /not as the contract says/, () => desk.platform.answerAt(/\/receipt$/, htmlPage)],
  ])('is refused %s, and not kept', async (_what, exit, says, lie) => {
    await lie();
    desk.expectRefused(await upload(), exit, says);
    expect(receipts()).toEqual([]);
  });

  /** The golden exhibit's, which the platform has truly sealed and logged. */
  function ofAnotherExhibit(): void {
    const { content, manifest, lines } = desk.platform.golden;
    const sealing = lines.findIndex(({ body }) => Buffer.from(body).toString().includes('"exhibit-sealed"'));
    const event = content.events[sealing]!;
    inReceipt(() => ({
      exhibitId: manifest.exhibitId,
      manifest: content.manifest,
      sealedEventIndex: event.index,
      proof: Buffer.from(event.proof).toString(),
      event: { salt: Buffer.from(event.salt).toString('base64'), body: Buffer.from(event.body).toString('base64') },
    }));
  }
});

describe('signing in to a platform that was signed in to before', () => {
  it.each([
    ['another issuer', { issuer: 'https://evil.example' }, /issuer/],
    ['another address', { publicUrl: 'https://evil.example' }, /address/],
    ['no seal key', { sealKey: null }, /seal key/],
    ['no log key', { logVerifierKey: null }, /log's key/],
  ])('asks for no password when it says %s', async (_what, otherwise, says) => {
    desk.platform.lieAt(/\/v1$/, (said: object) => ({ ...said, ...otherwise }));
    const login = (email: string) => desk.amana('login', '--api', desk.platform.url, '--email', email);
    for (const email of ['haddad@border.ly.example', 'new@border.ly.example'])
      desk.expectRefused(await login(email), 4, says);
    expect(desk.platform.asked).toEqual(['GET /v1', 'GET /v1']);
  });
});

function serve(log: GoldenLog): void {
  desk.platform.log = log;
}

function signedByImpostor(): void {
  const note = desk.platform.log.checkpoint(goldenKeys('impostor').log);
  desk.platform.alterAt(CHECKPOINT, () => note);
}

function unsealed(manifest: unknown): unknown {
  const { payload, signatures } = manifest as { payload: string; signatures: unknown[] };
  return { payload, signatures: signatures.slice(0, 1) };
}

/** The first hash of a proof, another. */
function otherHash(proof: string): string {
  return proof.replace(/(\nindex \d+\n)..../, '$1AAAA');
}
