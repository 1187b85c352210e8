import { describe, expect, it } from '@jest/globals';
import { OfflineDesk } from '../../test/support/desk.js';

const desk = OfflineDesk.use();

describe('help', () => {
  it.each(['--help', 'exhibit --help', 'exhibit seal --help', 'share propose --help', 'help', 'log fsck --help'])(
    'amana %s',
    async (args) => {
      const { code, stdout, stderr } = await desk.amana(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^Usage: amana/);
    },
  );

  it.each([
    '',
    'keys',
    'exhibit',
    'request',
    'share',
    'log',
    'agency',
    'agency keys',
    'officer',
    'agreement',
    'team',
    'audit',
  ])('has examples for all of it, and for each group: amana %s', async (group) => {
    const { stdout } = await desk.amana(`${group} --help`);
    expect(stdout).toContain(`\nExamples:\n  $ amana ${group}`);
    const shown = stdout.slice(stdout.indexOf('Examples:')).match(/\$ amana /g);
    expect(shown?.length).toBeGreaterThan(group === '' || group === 'exhibit' ? 4 : 0);
  });

  it.each([
    ['nonsense --help', 'nonsense'],
    ['exhibit nonsense --help', 'nonsense'],
    ['--as someone@example.org exhibit -h nonsense', 'nonsense'],
    ['agency keys nonsense --help', 'nonsense'],
    ['help nonsense', 'nonsense'],
    ['help exhibit nonsense', 'nonsense'],
    ['exhibit nonsense', 'nonsense'],
    ['exhibit exhibit --help', 'exhibit'],
  ])('is not given for what there is not: amana %s', async (args, verb) => {
    const expected = { code: 2, stdout: '', stderr: `amana: unknown command '${verb}'\n` };
    expect(await desk.amana(args)).toEqual(expected);
  });

  it('is given for a verb whose option has the name of none', async () => {
    expect((await desk.amana('--as nonsense exhibit show --help')).code).toBe(0);
  });

  it('has an example for every verb', async () => {
    const leaves = [
      'login',
      'logout',
      'whoami',
      'keys init',
      'keys show',
      'keys export',
      'keys import',
      'exhibit facts',
      'exhibit seal',
      'exhibit upload',
      'exhibit list',
      'exhibit show',
      'exhibit hold',
      'exhibit correct',
      'request form',
      'request grounds',
      'request draft',
      'request change',
      'request submit',
      'request acknowledge',
      'request answer',
      'request clarify',
      'request fulfil',
      'request close',
      'request withdraw',
      'request list',
      'request show',
      'request calendar',
      'share propose',
      'share release',
      'share approve',
      'share accept',
      'share refuse',
      'share revoke',
      'share list',
      'fetch',
      'package',
      'verify',
      'log checkpoint',
      'log prove',
      'log fsck',
      'agency list',
      'agency keys init',
      'officer list',
      'officer certify',
      'agreement list',
      'agreement show',
      'agreement model',
      'agreement draft',
      'agreement revise',
      'agreement amend',
      'agreement publish',
      'agreement sign',
      'agreement suspend',
      'agreement resume',
      'agreement end',
      'team list',
      'team show',
      'team appoint',
      'audit queue',
      'audit claim',
      'audit record',
      'audit export',
    ];
    const helps = await Promise.all(
      leaves.map(async (leaf) => [leaf, (await desk.amana(`${leaf} --help`)).stdout] as const),
    );
    for (const [leaf, help] of helps) expect(help).toContain(`$ amana ${leaf}`);
  }, 60_000);
});
