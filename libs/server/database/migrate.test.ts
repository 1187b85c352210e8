import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase, openDatabase, type TestDatabase } from '../../../test/support/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await freshDatabase();
});
afterAll(() => db.drop());

describe('x', () => {
  it('y', async () => {
    const { database, close } = await openDatabase(db.appUrl);
    await database.refuseUnboundRole();
    console.log(await database.query('select version(), current_user'));
    await close();
  });
});
