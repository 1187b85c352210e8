import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parsePromiseHeader, verifyPromise, verifyPromiseKey } from '#domain/custody';
import { createApi } from '../../apps/api/api.js';
import { apiInTest } from '../support/api-in-test.js';
import type { Answer } from '../support/api-client.js';
import { testLogKey } from '../support/custody.js';
import { sampleExhibit } from '../support/sample-exhibit.js';
import { keepPromiseKey } from '#server/custody';
import { parseVerifierKey, type VerifierKey } from '#domain/merkle';

const there = apiInTest(createApi);

const promiseKey = (): VerifierKey => parseVerifierKey(there.world.environment.AMANA_PROMISE_VERIFIER_KEY!);

/** Commitments, base64, that an answer promises, under the platform's key. */
function promisedIn({ headers }: Answer): string[] {
  const field = headers.get('amana-promise');
  if (field === null) return [];
  return parsePromiseHeader(field)
    .flatMap((note) => verifyPromise(note, [promiseKey()]).commitments)
    .map((commitment) => Buffer.from(commitment).toString('base64'));
}

async function recordedSince(known: ReadonlySet<string>): Promise<string[]> {
  return (await recorded()).filter((commitment) => !known.has(commitment));
}

async function recorded(): Promise<string[]> {
  const rows = await there.world.query<{ commitment: Buffer }>('SELECT commitment FROM amana.custody_event');
  return rows.map(({ commitment }) => commitment.toString('base64'));
}

describe('an answer that recorded events', () => {
  it('promises each of them, and nothing else: for a registration', async () => {
    const before = new Set(await recorded());
    const exhibit = await sampleExhibit(there.investigator);
    const answer = await there.client.post('/v1/exhibits', exhibit.registration);
    expect(answer.status).toBe(201);
    const fresh = await recordedSince(before);
    expect(fresh.length).toBeGreaterThan(0);
    expect(promisedIn(answer).sort()).toEqual(fresh.sort());
  });

  it('promises a reading, and a refusal', async () => {
    for (const path of ['/v1/events', '/v1/reviews']) {
      const before = new Set(await recorded());
      const answer = await there.client.get(path);
      const fresh = await recordedSince(before);
      expect([path, answer.status, fresh.length > 0]).toEqual([path, path === '/v1/events' ? 200 : 403, true]);
      expect(promisedIn(answer).sort()).toEqual(fresh.sort());
    }
  });

  it('promises to each of many who ask at once what was recorded for them alone', async () => {
    const before = new Set(await recorded());
    const answers = await Promise.all(Array.from({ length: 40 }, () => there.client.get('/v1/events?limit=1')));
    const promised = answers.map(promisedIn);
    expect(promised.map(({ length }) => length)).toEqual(answers.map(() => 1));
    expect(promised.flat().sort()).toEqual((await recordedSince(before)).sort());
  });

  it('that is given again carries the promise that it carried first, whether or not that one arrived', async () => {
    const exhibit = await sampleExhibit(there.investigator);
    const send = (registration: unknown, key: string) =>
      there.client.post('/v1/exhibits', registration, { 'idempotency-key': key });
    const key = randomUUID();
    const first = await send(exhibit.registration, key);
    const again = [await send(exhibit.registration, key), await send(exhibit.registration, key)];
    expect(promisedIn(first).length).toBeGreaterThan(0);
    for (const answer of again) {
      expect([answer.status, answer.json]).toEqual([first.status, first.json]);
      expect(answer.headers.get('amana-promise')).toBe(first.headers.get('amana-promise'));
    }
    const other = await sampleExhibit(there.investigator);
    expect(promisedIn(await send(other.registration, randomUUID()))).not.toEqual(promisedIn(first));
    const refused = await send(other.registration, key);
    expect([refused.status, promisedIn(refused)]).toEqual([422, []]);
  });

  it('promises nothing where nothing was recorded, or what was begun was rolled back', async () => {
    const before = new Set(await recorded());
    const answers = [await there.client.get('/v1'), await there.client.post('/v1/exhibits', { no: 'registration' })];
    expect(answers.map(promisedIn)).toEqual([[], []]);
    expect(await recordedSince(before)).toEqual([]);
  });
});

describe('the key of promises', () => {
  it('is certified by the log, for anyone to read', async () => {
    const { database, world } = { database: there.world.query, world: there.world };
    await keepPromiseKey({ query: database }, promiseKey(), testLogKey());
    const { certificates } = (await there.client.get('/log/promise-keys')).json;
    expect(certificates.length).toBe(1);
    const { origin, key } = verifyPromiseKey(Buffer.from(certificates[0]), [testLogKey().verifier]);
    expect([origin, key]).toEqual([world.environment.AMANA_LOG_ORIGIN, promiseKey()]);
  });
});
