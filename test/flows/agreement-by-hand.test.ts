import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AgreementDetail, GrantView, TeamDetail } from '#domain/contract';
import type { Agreement } from '#domain/manifest';
import { DEMO_OFFICERS } from '../../scripts/platform/demo-world.js';
import { Desk } from '../../scripts/platform/desk.js';
import { ChainWorld } from '../support/chain-world.js';

const [ADA = '', , , PAUL = ''] = DEMO_OFFICERS.map(({ email }) => email);

describe('an agreement, by the command line', () => {
  const world = ChainWorld.use(() => Promise.resolve({ options: {}, stop: () => Promise.resolve() }));
  let ada: Desk;
  let paul: Desk;
  beforeAll(async () => {
    [ada, paul] = [ADA, PAUL].map((email) => new Desk(world.platform, world.place(email), email)) as [Desk, Desk];
    for (const desk of [ada, paul]) await desk.signIn();
  }, 60_000);

  /** The model with its blanks filled in, in a file. */
  function written(name: string, text: Agreement, changes: Partial<Agreement> = {}): string {
    const file = join(world.folder, name);
    writeFileSync(file, JSON.stringify({ ...text, ...changes }).replace(/‹[^›]*›/gu, 'as agreed'));
    return file;
  }

  it('is modelled, drafted, revised, signed by each administrator, and used through the gate', async () => {
    const wanted = ['agreement', 'model', '--party', 'Borealia Prosecution Service', '--until', '2030-01-01'];
    const model = await ada.json<Agreement>(wanted);
    const blank = join(world.folder, 'blank.json');
    writeFileSync(blank, JSON.stringify(model));
    expect(await ada.run(['agreement', 'draft', blank])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('blanks'),
    });
    const { state: third } = model.parties[0]!;
    const first = written('first.json', model, { title: 'JIT by hand', teamName: 'By hand', purposes: ['trial'] });
    expect(await ada.json<AgreementDetail>(['agreement', 'draft', first])).toMatchObject({ state: 'draft' });
    const second = written('second.json', JSON.parse(readFileSync(first, 'utf8')) as Agreement, {
      thirdStates: [third],
    });
    expect((await paul.run(['agreement', 'revise', second, '--revision', '7'])).code).toBe(2);
    const revised = await paul.json<AgreementDetail>(['agreement', 'revise', second, '--revision', '1']);
    expect(revised).toMatchObject({ state: 'draft', draft: { revision: 2 } });

    const sign = ['agreement', 'sign', 'JIT by hand', '--digest'];
    expect(await ada.run([...sign, '0'.repeat(64)])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('digest'),
    });
    expect((await ada.run(['agreement', 'sign', 'JIT by hand'])).code).toBe(2);
    await ada.must([...sign, revised.draft!.payloadSha256]);
    await paul.must([...sign, revised.draft!.payloadSha256]);
    expect((await ada.must(['agreement', 'show', 'JIT by hand'])).stdout).toContain('in-force');
    expect((await ada.must(['agreement', 'list'])).stdout).toContain('JIT by hand');

    await paul.must([
      'team',
      'appoint',
      'By hand',
      '--officer',
      'petra@prosecution.borealia.example',
      '--role',
      'administrator',
      '--reason',
      'Decision 12',
    ]);
    const team = await ada.json<TeamDetail>(['team', 'show', 'By hand']);
    expect(team.officers).toContainEqual(
      expect.objectContaining({ name: 'Petra Novak', role: 'administrator', by: 'agency' }),
    );

    const file = join(world.folder, 'a-file');
    writeFileSync(file, 'evidence');
    const number = await world.upload(file);
    const propose = [
      'share',
      'propose',
      number,
      '--team',
      'By hand',
      '--to',
      'Borealia Prosecution Service',
      '--purpose',
      'trial',
      '--basis',
      'JIT',
      '--until',
      '2029-01-01',
    ];
    expect((await world.amal.run(propose)).stderr).toContain('third-state-necessity-missing');
    const grant = await world.amal.json<GrantView>([...propose, '--necessity', 'The trial rests on it']);
    await world.bruno.must(['share', 'approve', grant.id]);
    const accept = ['share', 'accept', grant.id, '--undertaking', 'for the trial alone'];
    expect(await paul.run(accept)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('third-state-release-missing'),
    });
    expect((await world.petra.must(['share', 'list'])).stdout).toContain('held at the gate');
    await world.petra.must(['share', 'release', grant.id, '--reason', 'Necessity checked']);
    await paul.must(accept);
    await world.petra.must(['fetch', number, '-o', join(world.folder, 'got'), '--purpose', 'trial']);
  }, 120_000);

  it('is suspended, taken up, amended and ended, each with the reason', async () => {
    const reason = ['--reason', 'Decision of 3 March'];
    const say = (desk: Desk, act: string) => desk.json<AgreementDetail>(['agreement', act, 'JIT by hand', ...reason]);
    expect((await say(paul, 'suspend')).state).toBe('suspended');
    expect((await paul.run(['agreement', 'suspend', 'JIT by hand', ...reason])).code).toBe(2);
    expect((await say(paul, 'resume')).state).toBe('in-force');
    const next = await paul.json<Agreement>(['agreement', 'model', '--amend', 'JIT by hand']);
    const amended = written('amended.json', next, { purposes: ['trial', 'rescue at sea'] });
    const laid = await paul.json<AgreementDetail>(['agreement', 'amend', amended]);
    expect(laid).toMatchObject({ state: 'in-force', draft: { predecessor: laid.payloadSha256 } });
    for (const desk of [ada, paul]) await desk.must(['agreement', 'sign', 'JIT by hand', '--yes']);
    expect((await say(ada, 'end')).state).toBe('ended');
    expect((await ada.must(['agreement', 'show', 'JIT by hand'])).stdout).toMatch(/ended[\s\S]*Decision of 3 March/);
  }, 120_000);
});
