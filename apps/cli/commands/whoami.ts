import type { Command } from 'commander';
import type { Profile } from '#client/profile';
import { freshProfile } from '../refresh.js';
import type { CommonOptions, Session } from '../session.js';
import { type Runtime, addCommand } from './runtime.js';

export function addWhoAmI(program: Command, runtime: Runtime): void {
  addCommand(program, 'whoami', 'who is signed in, with which roles, keys and teams', ['whoami', 'whoami --json'])
    .option('--offline', 'what is known here, without asking the platform')
    .action((options: CommonOptions & { offline?: boolean }) =>
      runtime.run(options, async (session) => {
        const profile = options.offline === true ? session.profile() : await freshProfile(session);
        session.output.result(describeOfficer(profile), () => words(session, profile));
      }),
    );
}

/** What of a profile is a result: no key that is encrypted, no document. */
export function describeOfficer({ api, officer, agency, teams, pins, agencyKeys }: Profile) {
  const { id, email, name, roles, keyState } = officer;
  return {
    api,
    officer: { id, email, name, roles, keyState },
    agency: { id: agency.id, name: agency.name, state: agency.state, kid: pins.agencyKid },
    teams: teams.map((team) => ({ id: team.id, name: team.name })),
    opensAgencyKeys: agencyKeys !== null,
  };
}

function words({ output }: Session, { api, officer, agency, teams, pins }: Profile): string {
  return output.fields({
    officer: `${officer.name} <${officer.email}>`,
    id: officer.id,
    agency: `${agency.name} (${agency.state})`,
    roles: officer.roles.join(', '),
    keys: officer.keyState,
    'agency key': pins.agencyKid ?? 'none yet',
    teams: teams.map(({ name }) => name).join(', ') || null,
    platform: api,
  });
}
