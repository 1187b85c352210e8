import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { storeFrom, type EvidenceStore } from '#server/storage';
import { freshDatabase, openDatabase, type OpenDatabase, type TestDatabase } from '../../../test/support/database.js';
import { newCase, statementIn, testLogKey } from '../../../test/support/custody.js';
import { Custody } from './custody.js';
import { connectLogSession } from './log-session.js';
import { LogOffice } from './log-office.js';

let db: TestDatabase;
let api: OpenDatabase;
let folder: string;
let store: EvidenceStore;
beforeAll(async () => {
  db = await freshDatabase();
  api = await openDatabase(db.appUrl);
  folder = await mkdtemp(join(tmpdir(), 'amana-log-'));
  store = await storeFrom(`file://${folder}`);
});
afterAll(async () => {
  await api.close();
  await db.drop();
  await rm(folder, { recursive: true });
});

describe('x', () => {
  it('y', async () => {
    const custody = new Custody();
    const caseId = newCase();
    for (let i = 0; i < 5; i++) {
      await api.database.asPlatform((tx) =>
        custody.append(
          tx,
          Array.from({ length: 200 }, () => ({ statement: statementIn(caseId), visibleTo: [] })),
        ),
      );
    }
    const stop = new AbortController();
    const office = new LogOffice({
      connect: () => connectLogSession(db.workerUrl),
      store,
      key: testLogKey(),
      observer: {
        hindered: (e) => console.log(e),
        published: (h) => {
          console.log(h);
          if (h.size === 1000) stop.abort();
        },
        sequenced: (n, size) => console.log(n, size),
      },
    });
    await office.run(stop.signal);
    expect(1).toBe(1);
  });
});
