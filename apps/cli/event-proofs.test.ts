import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { cosignNote, formatNote, formatVerifierKey, parseNote, type SigningKey, signingKey } from '#domain/merkle';
import { GoldenLog } from '../../test/support/golden-log.js';
import { HostileDesk } from '../../test/support/hostile-desk.js';
import { Home } from './node/home.js';
import { PinnedWitnesses } from './pinned-witnesses.js';

const desk = HostileDesk.use();
const [north, south] = ['north.example', 'south.example'].map((name, at) =>
  signingKey(name, 'cosignature-v1', new Uint8Array(32).fill(at + 1)),
) as [SigningKey, SigningKey];

let eventId: string;
beforeEach(() => {
  eventId = (JSON.parse(Buffer.from(desk.platform.golden.lines[2]!.body).toString()) as { id: string }).id;
});

function pin(...keys: SigningKey[]): void {
  const home = new Home({ AMANA_HOME: join(desk.folder, 'home') });
  const pinned = new PinnedWitnesses(home, desk.platform.golden.keys.log.verifier.name);
  for (const { verifier } of keys)
    pinned.pin({ name: verifier.name, verifierKey: formatVerifierKey(verifier), url: 'https://w.example/' });
}

/** The note with the cosignatures of these behind it. */
function cosigned(note: Uint8Array, ...keys: SigningKey[]): Uint8Array {
  const { text, signatures } = parseNote(note);
  return formatNote({ text, signatures: [...signatures, ...keys.map((key) => cosignNote(text, key, 1_764_000_000))] });
}

const headBy = (log: GoldenLog, ...keys: SigningKey[]) =>
  cosigned(log.checkpoint(desk.platform.golden.keys.log), ...keys);

/** What is answered for the head of now, and for the last one that the platform calls witnessed. */
function serve(latest: Uint8Array, witnessed: Uint8Array | null = null): void {
  desk.platform.answerAt(/\/log\/checkpoint(\/witnessed)?$/, () => ({ ...noteAnswer, body: latest }));
  const answer = desk.platform.lie;
  desk.platform.lie = (question, honest) => {
    if (question.url.pathname === '/v1/events') return claiming(honest);
    if (!question.url.pathname.endsWith('/witnessed')) return answer(question, honest);
    return witnessed ? { ...noteAnswer, body: witnessed } : { ...noteAnswer, status: 404 };
  };
}
const noteAnswer = { status: 200, type: 'text/plain', body: new Uint8Array(0) };

/** The platform says that everything is witnessed by somebody. */
function claiming<Answer extends { body: unknown }>(honest: Answer): Answer {
  const page = JSON.parse(Buffer.from(honest.body as Uint8Array).toString()) as { items: object[] };
  const proof = { state: 'witnessed', witnesses: ['said.example'] };
  const items = page.items.map((item) => ({ ...item, proof }));
  return { ...honest, body: Buffer.from(JSON.stringify({ ...page, items })) };
}

async function standing(): Promise<unknown> {
  const { code, stdout, stderr } = await desk.amana('log', 'prove', eventId, '--json');
  expect([code, stderr]).toEqual([0, expect.stringContaining(`Event ${eventId}: `)]);
  return (JSON.parse(stdout) as { standing: unknown }).standing;
}

describe('how well an event is proven', () => {
  it("is the platform's claim where no witness is pinned, and said to be", async () => {
    serve(headBy(desk.platform.log));
    expect(await standing()).toEqual({ state: 'witnessed', witnesses: ['said.example'], by: 'platform' });
    expect((await desk.amana('log', 'prove', eventId)).stderr).toContain('the platform says, no witness is pinned');
  });

  it('is judged by the own quorum where witnesses are pinned, whatever the platform claims', async () => {
    pin(north, south);
    serve(headBy(desk.platform.log, north));
    expect(await standing()).toEqual({ state: 'in-tree', witnesses: [], by: 'pinned' });
    serve(headBy(desk.platform.log, north, south));
    expect(await standing()).toEqual({
      ...{ state: 'witnessed', by: 'pinned' },
      witnesses: ['north.example', 'south.example'],
    });
  });

  it('rests on an earlier head that the quorum cosigned, as far as that one reaches', async () => {
    pin(north);
    const { lines } = desk.platform.golden;
    const shorter = (entries: number) =>
      new GoldenLog(
        lines.filter(({ index }) => index < entries),
        0,
      );
    const [before, after] = [shorter(lines[2]!.index + 1), shorter(lines[1]!.index + 1)];
    serve(headBy(desk.platform.log), headBy(before, north));
    expect(await standing()).toMatchObject({ state: 'witnessed', witnesses: ['north.example'] });
    serve(headBy(desk.platform.log), headBy(after, north));
    expect(await standing()).toMatchObject({ state: 'in-tree', witnesses: [] });
  });

  it('is refused when the head did not grow out of the one that the quorum cosigned', async () => {
    pin(north);
    const fork = new GoldenLog(desk.platform.golden.lines.slice(1), 0);
    serve(headBy(desk.platform.log), headBy(fork, north));
    desk.expectRefused(await desk.amana('log', 'prove', eventId), 4, /did not grow out of the head over/);
  });

  it('is shown for each event of a record, which names the one that is not in the log', async () => {
    pin(north);
    serve(headBy(desk.platform.log, north));
    const { code, stdout } = await desk.amana('exhibit', 'show', 'TRP-2026-0417/1', '--record', '--json');
    const { record } = JSON.parse(stdout) as { record: { proof: unknown }[] };
    expect([code, record.length]).toEqual([0, desk.platform.golden.lines.length]);
    for (const { proof } of record)
      expect(proof).toEqual({ state: 'witnessed', witnesses: ['north.example'], by: 'pinned' });
    desk.platform.lieAt(/\/v1\/events$/, (page: { items: { body: string }[] }) => {
      const [first, ...rest] = page.items;
      return { ...page, items: [{ ...first, body: Buffer.from('{}').toString('base64') }, ...rest] };
    });
    desk.expectRefused(
      await desk.amana('exhibit', 'show', 'TRP-2026-0417/1', '--record'),
      4,
      /^amana: the event [0-9a-f-]+ is not the entry 2 of the log/,
    );
  });
});
