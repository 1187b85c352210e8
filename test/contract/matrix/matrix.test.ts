import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../../support/api.js';
import { type Answer, contentDigest } from '../../support/api-client.js';
import { castOf, type Player } from './cast.js';
import { type Objects, objectsOf } from './objects.js';
import { WHO_MAY } from './who-may.js';

interface Route {
  readonly id: string;
  readonly method: string;
  readonly path: string;
}

let world: TestWorld;
let api: TestApi;
let players: readonly Player[];
let objects: Objects;
let routes: readonly Route[];
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
  players = await castOf(world, api);
  objects = await objectsOf(world, players);
  const document = (await (await fetch(`${api.baseUrl}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string; security: object[] }>>;
  };
  routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { operationId: id, security }]) =>
      security.length === 0 ? [] : [{ id, method: method.toUpperCase(), path }],
    ),
  );
});
afterAll(async () => {
  await api?.stop();
  await world?.end();
});

/** A path with the ids of things, by the noun before each. */
function pathOf({ id, path }: Route, idOf: (noun: string) => string): string {
  const words = path.split('/').map((word, at, all) => {
    if (!word.startsWith('{')) return word;
    return word === '{number}' ? '1' : idOf(all[at - 1] ?? '');
  });
  return words.join('/') + (WHO_MAY[id]?.query?.(objects) ?? '');
}
const real = (noun: string): string => {
  const id = objects.ids[noun];
  if (id === undefined) throw new Error(`objects.ts has nothing among ${noun}`);
  return id;
};
const isOfAThing = ({ path }: Route) => path.includes('{') && !/\/agencies\/\{id\}$/.test(path);

const part = () => objects.unfinished.files[0]?.sealed ?? new Uint8Array(0);

function ask({ client, relation }: Player, route: Route, path: string): Promise<Answer> {
  if (route.method === 'GET') return client.get(path);
  const change = { 'if-match': '"0"', 'idempotency-key': randomUUID() };
  if (route.id === 'putPart')
    return client.send('PUT', path, part(), {
      ...change,
      'content-type': 'application/octet-stream',
      'content-digest': contentDigest(part()),
    });
  const body = JSON.stringify(WHO_MAY[route.id]?.body?.(objects, world, relation) ?? {});
  return client.send(route.method, path, body, { ...change, 'content-type': 'application/json' });
}

const mayTake = ({ relation, part }: Player, { id }: Route) => WHO_MAY[id]?.may[relation]?.includes(part) ?? false;
const nameOf = ({ relation, part }: Player, { method, path }: Route) => `${relation} ${part}: ${method} ${path}`;
const textOf = ({ bytes }: Answer) => Buffer.from(bytes).toString('utf8');

/** What no two answers have in common; that a header is there counts all the same. */
const VOLATILE = ['date', 'ratelimit', 'amana-promise', 'dpop-nonce'];

/** All that an answer shows, but for the ids that were asked for. */
function shown(answer: Answer, ids: readonly string[]): string {
  const headers = [...answer.headers].map(([name, value]) => (VOLATILE.includes(name) ? name : `${name}: ${value}`));
  const text = [answer.status, ...headers, textOf(answer)].join('\n');
  return ids.reduce((rest, id) => rest.replaceAll(id, '<id>'), text);
}

describe('every route, for every role of every agency', () => {
  it('is in the matrix, and the matrix has no other', () => {
    expect(routes.map(({ id }) => id).toSorted()).toEqual(Object.keys(WHO_MAY).toSorted());
  });

  it('lets in who may, and refuses all others with 403 or 404', async () => {
    const wrong: string[] = [];
    for (const route of routes) {
      for (const player of players) {
        const answer = await ask(player, route, pathOf(route, real));
        const refused = [401, 403, 404].includes(answer.status);
        const malformed = answer.status === 400 || answer.status === 428 || answer.status >= 500;
        if (refused === mayTake(player, route) || malformed)
          wrong.push(`${nameOf(player, route)} is answered ${answer.status} ${answer.json?.detail ?? ''}`);
      }
    }
    expect(wrong).toEqual([]);
  }, 300_000);

  it('answers about a thing of others as about one that is not there', async () => {
    const told: string[] = [];
    for (const route of routes.filter(isOfAThing)) {
      for (const player of players.filter((one) => outsiders(one) && !mayTake(one, route))) {
        const nothing = randomUUID();
        const ids = [nothing, ...Object.values(objects.ids)];
        const there = await ask(player, route, pathOf(route, real));
        const gone = await ask(
          player,
          route,
          pathOf(route, () => nothing),
        );
        const [one, other] = [shown(there, ids).split('\n'), shown(gone, ids).split('\n')];
        const different = [
          ...one.filter((line) => !other.includes(line)),
          '|',
          ...other.filter((line) => !one.includes(line)),
        ];
        if (different.length > 1) told.push(`${nameOf(player, route)}: ${different.join(' ')}`);
      }
    }
    expect(told).toEqual([]);
  }, 300_000);

  it('shows outsiders nothing of it, whatever they ask', async () => {
    const leaks: string[] = [];
    for (const route of routes) {
      for (const player of players.filter((one) => outsiders(one) && !mayTake(one, route) === isOfAThing(route))) {
        const text = textOf(await ask(player, route, pathOf(route, isOfAThing(route) ? real : () => randomUUID())));
        const secret = objects.secrets.find((one) => !requested(route, one) && text.includes(one));
        if (secret !== undefined) leaks.push(`${nameOf(player, route)} shows ${secret}`);
      }
    }
    expect(leaks).toEqual([]);
  }, 300_000);
});

describe('the time of an answer', () => {
  const PAIRS = 200;

  it.each(['getExhibit', 'getGrant', 'getEventProof', 'getUpload'])(
    'of %s does not tell a thing of others from one that is not there',
    async (id) => {
      const route = routes.find((one) => one.id === id);
      const player = players.find(({ relation, part: role }) => relation === 'foreign' && role === 'investigator');
      if (!route || !player) throw new Error(`no ${id}`);
      const timed = async (path: string) => {
        const began = performance.now();
        await ask(player, route, path);
        return performance.now() - began;
      };
      const longerOf = async () => {
        let longer = 0;
        for (let pair = 0; pair < PAIRS; pair += 1) {
          const [thing, nothing] = [pathOf(route, real), pathOf(route, () => randomUUID())];
          // In turn first and second, so that neither has the warmer place.
          const [first, second] = pair % 2 === 0 ? [thing, nothing] : [nothing, thing];
          const [one, other] = [await timed(first), await timed(second)];
          if (pair % 2 === 0 ? one > other : other > one) longer += 1;
        }
        return longer;
      };
      // Of 200 tosses of a fair coin fewer than 60 or more than 140 are heads once in a hundred million times; one more query takes nearly all.
      const isEven = (longer: number) => longer > 60 && longer < 140;
      const counts: number[] = [];
      while (counts.length < 3 && !counts.some(isEven)) counts.push(await longerOf());
      expect(counts.filter(isEven)).not.toEqual([]);
    },
    120_000,
  );
});

/** Who has nothing to do with the evidence. Auditors of the holder's state do. */
const outsiders = ({ relation, part }: Player) =>
  relation === 'foreign' || (relation === 'sibling' && part !== 'auditor');

/** What an outsider said themselves may come back to them. */
const requested = (route: Route, secret: string) =>
  pathOf(route, real).includes(secret) ||
  JSON.stringify(WHO_MAY[route.id]?.body?.(objects, world, 'foreign') ?? '').includes(secret);
