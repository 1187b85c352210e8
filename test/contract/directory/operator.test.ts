import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { createApi } from '../../../apps/api/api.js';
import { apiInTest } from '../../support/api-in-test.js';
import { acceptanceOf, type Invited, mustBe, personOf } from '../../support/invited-agency.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const given = apiInTest(createApi);

/** The operator's command as built, in the worker's environment. */
async function invite(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env.PATH, ...given.world.workerEnvironment };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['dist/apps/worker/invite.js', ...args], {
      env,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

describe('who keeps the platform', () => {
  const tokenFile = () => join(temporaryFolder('invitation'), 'token.txt');

  it('invites the first agency of a state, whose administrator completes it with the token', async () => {
    const admin = await personOf(given);
    const file = tokenFile();
    const asked = ['--state', 'MT', '--kind', 'oversight', '--email', admin.email, '--token-file', file];
    const { code, stdout } = await invite(`Oversight ${randomUUID()}`, ...asked);
    expect(code).toBe(0);
    const invited = JSON.parse(stdout) as Invited;
    const token = readFileSync(file, 'utf8').trim();
    expect(stdout).not.toContain(token);
    const { body } = await acceptanceOf(token, invited, await admin.idToken());
    expect(mustBe(201, await admin.client.post('/v1/invitations/acceptance', body)).json.roles).toEqual([
      'agency-admin',
    ]);
    const events = await given.world.query<{ body: Buffer }>(
      `SELECT body FROM amana.custody_event WHERE kind = 'agency-invited' AND chain_id = '00000000-0000-4000-8000-000000000000'`,
    );
    expect(events.map(({ body: said }) => JSON.parse(said.toString()).detail.invited)).toEqual([invited.agencyId]);
    expect((await invite('Another', ...asked)).code).toBe(2);
  }, 60_000);

  it.each<[string, string[]]>([
    ['nothing', []],
    ['a state that is none', ['A', '--state', 'm', '--kind', 'border', '--email', 'a@example.org']],
    [
      'a competence that is none',
      ['A', '--state', 'MT', '--kind', 'border', '--email', 'a@example.org', '--competence', 'x'],
    ],
  ])('is told how, given %s', async (_, args) => {
    const { code, stderr } = await invite(...args, ...(args.length > 0 ? ['--token-file', tokenFile()] : []));
    expect([code, stderr]).toEqual([2, expect.stringContaining('usage')]);
  });
});
