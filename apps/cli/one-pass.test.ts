import { EventEmitter, once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { ApiError } from '#client/api';
import { exampleFacts } from '#domain/manifest';
import { officerAtHome } from '../../test/support/officer-home.js';
import { Home } from './node/home.js';
import { abandonUpload, uploadPaths } from './one-pass.js';
import type { Session } from './session.js';
import { UsageError } from './usage-error.js';
import { temporaryFolder } from '../../test/support/temporary-folder.js';

const refused = new ApiError(
  { kind: 'problem', problem: { status: 409, code: 'exhibit-exists' } } as never,
  'there is an exhibit of this number',
);

it('an exhibit that is being uploaded is not begun or forgotten by another, and its journal stays', async () => {
  const folder = temporaryFolder('upload');
  const { profile, keys } = await officerAtHome(folder);
  const home = new Home({ AMANA_HOME: folder }).officer(profile.officer.email);
  const facts = join(folder, 'facts.json');
  writeFileSync(facts, JSON.stringify(exampleFacts('all')));
  writeFileSync(join(folder, 'disk.img'), 'x');
  const closers: (() => Promise<void>)[] = [];
  /** An upload whose registration the platform answers with an error when it is told to. */
  const uploading = () => {
    const platform = new EventEmitter();
    const asked = once(platform, 'asked');
    const register = () =>
      new Promise<never>((_, reject) => {
        platform.once('answer', reject).emit('asked');
      });
    const session = {
      officerHome: () => home,
      signer: () => Promise.resolve({}),
      keys: () => Promise.resolve(keys),
      api: () => ({ exhibits: { register } }),
      onClose: (close: () => Promise<void>) => closers.push(close),
      output: { note: () => undefined },
    } as unknown as Session;
    const done = uploadPaths(session, profile, [join(folder, 'disk.img')], { facts });
    return { session, asked, done, answer: (error: Error) => platform.emit('answer', error) };
  };
  const left = () => readdirSync(join(home.folder, 'uploads')).filter((name) => name.endsWith('.jsonl'));

  const first = uploading();
  await first.asked;
  const second = uploading();
  void second.asked.then(() => second.answer(refused));
  await expect(second.done).rejects.toThrow(new UsageError('this exhibit is being uploaded by another amana'));
  await expect(abandonUpload(second.session, profile, { facts })).rejects.toThrow(UsageError);
  expect(left()).toHaveLength(1);

  first.answer(new Error('the line went dead'));
  await expect(first.done).rejects.toThrow('the line went dead');
  expect(readdirSync(join(home.folder, 'uploads'))).toEqual(left());
  await abandonUpload(second.session, profile, { facts });
  expect(left()).toEqual([]);
  for (const close of closers) await close();
});
