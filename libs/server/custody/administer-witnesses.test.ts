import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { formatVerifierKey, signingKey } from '#domain/merkle';
import { TestLog } from '../../../test/support/custody.js';
import { WitnessList } from './administer-witnesses.js';
import { LogMonitor } from './log-monitor.js';
import { parseWitnesses, readWitnesses } from './witness-rows.js';

let log: TestLog;
let list: WitnessList;
beforeEach(async () => {
  log = await TestLog.open();
  list = new WitnessList(log.worker.database);
});
afterEach(() => log.close());

const keyOf = (name: string, seed: number) =>
  formatVerifierKey(signingKey(name, 'cosignature-v1', new Uint8Array(32).fill(seed)).verifier);
const [north, south] = [keyOf('north.example', 1), keyOf('south.example', 2)];
const at = (key: string, url: string) => parseWitnesses(`${key} ${url}`)[0]!;

interface Told {
  readonly kind: string;
  readonly reason: string;
  readonly result: string;
  readonly detail: Record<string, string>;
}

async function told(): Promise<Told[]> {
  const rows = await log.asAdministrator<{ body: Buffer }>(
    `SELECT body FROM amana.custody_event WHERE kind LIKE 'witness-%' ORDER BY case_seq`,
  );
  return rows.map(({ body }) => JSON.parse(body.toString('utf8')) as Told);
}
const counting = async () => (await readWitnesses(log.worker.database)).map(({ name, url }) => [name, url]);

describe('the list of witnesses', () => {
  it('has each change on the record, with its reason, for the auditors to look at', async () => {
    expect(await list.add(at(north, 'https://north.example'), 'agreed on 1 November')).toBe(true);
    expect(await list.add(at(north, 'https://north.example'), 'again')).toBe(false);
    expect(await list.add(at(north, 'https://new.north.example'), 'it moved')).toBe(true);
    expect(await list.retire('north.example', 'its state has left')).toMatchObject([{ verifierKey: north }]);
    expect(await list.retire('north.example', 'again')).toEqual([]);
    expect(await list.retire('nobody.example', 'unknown')).toEqual([]);
    const events = await told();
    expect(events.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['witness-added', 'north.example is to cosign the log: agreed on 1 November'],
      ['witness-added', 'north.example is to cosign the log: it moved'],
      ['witness-retired', 'north.example cosigns the log no more: its state has left'],
    ]);
    expect(events[0]).toMatchObject({
      ...{ result: 'done', detail: { verifierKey: north, url: 'https://north.example/' } },
      chain: { kind: 'platform' },
      actor: { kind: 'platform', component: 'worker' },
    });
    const asked = await log.asAdministrator(`SELECT FROM amana.outbox WHERE topic = 'review-event'`);
    expect(asked).toHaveLength(3);
  });

  it('counts those that are not retired, and one again that comes back', async () => {
    await list.add(at(north, 'https://north.example'), 'agreed');
    await list.add(at(south, 'https://south.example'), 'agreed');
    expect((await new LogMonitor(log.api.database).standing()).quorum).toBe(2);
    await list.retire(north, 'by its key');
    expect(await counting()).toEqual([['south.example', 'https://south.example/']]);
    expect((await new LogMonitor(log.api.database).standing()).quorum).toBe(1);
    await list.add(at(north, 'https://north.example'), 'it is back');
    expect(await counting()).toHaveLength(2);
    expect((await list.all()).map(({ name, retiredAt }) => [name, retiredAt])).toEqual([
      ['north.example', null],
      ['south.example', null],
    ]);
  });

  it('takes what configuration names once, follows its address, and brings back nobody who was retired', async () => {
    const seeds = [at(north, 'https://north.example'), at(south, 'https://south.example')];
    await list.seed(seeds);
    await list.seed(seeds);
    expect((await told()).map(({ kind }) => kind)).toEqual(['witness-added', 'witness-added']);
    await list.retire('north.example', 'compromised');
    await list.seed([at(north, 'https://north.example'), at(south, 'https://moved.south.example')]);
    expect(await counting()).toEqual([['south.example', 'https://moved.south.example/']]);
    expect(await told()).toHaveLength(3);
  });

  it('says once what two add at once', async () => {
    const added = await Promise.all([1, 2, 3].map(() => list.add(at(north, 'https://north.example'), 'agreed')));
    expect(added.filter(Boolean)).toHaveLength(1);
    expect(await told()).toHaveLength(1);
  });
});
