import type { Command } from 'commander';
import type { AppointOfficer, OfficerView, TeamDetail, TeamView } from '#domain/contract';
import { teamNamed } from '../new-exhibit.js';
import { freshProfile } from '../refresh.js';
import type { CommonOptions, Session } from '../session.js';
import { UsageError } from '../usage-error.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

interface AppointOptions extends CommonOptions {
  readonly officer: string;
  readonly role: string;
  readonly reason: string;
  readonly end?: boolean;
}

export function addTeam(program: Command, runtime: Runtime): void {
  const team = addGroup(program, 'team', 'joint investigation teams of your agency');
  addCommand(team, 'list', 'the teams, and who is in them', ['team list']).action((options: CommonOptions) =>
    runtime.run(options, list),
  );
  addCommand(team, 'show <team>', 'a team: its agencies, and who leads and administers it', [
    'team show "Route 7"',
  ]).action((wanted: string, options: CommonOptions) =>
    runtime.run(options, async (session) => {
      const { id } = teamNamed(await freshProfile(session), wanted);
      tell(session, await session.api().agreements.team(id));
    }),
  );
  addCommand(team, 'appoint <team>', 'appoint an officer of your agency to lead or administer a team, or end that', [
    'team appoint "Route 7" --officer petra@procura.it.example --role administrator --reason "Decision 12/2026"',
    'team appoint "Route 7" --officer petra@procura.it.example --role administrator --end --reason "Moved to another office"',
  ])
    .requiredOption('--officer <officer>', 'the officer, by address or id')
    .requiredOption('--role <role>', 'leader or administrator')
    .requiredOption('--reason <text>', 'why')
    .option('--end', 'end the appointment')
    .action((wanted: string, options: AppointOptions) =>
      runtime.run(options, (session) => appoint(session, wanted, options)),
    );
}

async function list(session: Session): Promise<void> {
  const teams: TeamView[] = [];
  for await (const one of session.api().directory.teams()) teams.push(one);
  const { output } = session;
  output.result(teams, () =>
    output.table(
      ['team', 'agencies', 'id'],
      teams.map(({ name, agencies, id }) => [name, agencies.map((one) => `${one.name} (${one.state})`).join(', '), id]),
    ),
  );
}

async function appoint(session: Session, wanted: string, options: AppointOptions): Promise<void> {
  const role = roleOf(options.role);
  const { id } = teamNamed(await freshProfile(session), wanted);
  const officer = await officerNamed(session, options.officer);
  const { reason, end = false } = options;
  tell(session, await session.api().agreements.appoint(id, { officerId: officer.id, role, appointed: !end, reason }));
}

async function officerNamed(session: Session, wanted: string): Promise<OfficerView> {
  const folded = wanted.toLowerCase();
  for await (const one of session.api().directory.officers())
    if (one.id === folded || one.email.toLowerCase() === folded) return one;
  throw new UsageError(`${wanted} is no officer of your agency`);
}

function roleOf(text: string): AppointOfficer['role'] {
  if (text === 'leader' || text === 'administrator') return text;
  throw new UsageError(`"${text}" is not leader or administrator`);
}

function tell({ output }: Session, team: TeamDetail): void {
  output.result(team, () => {
    const agencyName = (agencyId: string) => team.agencies.find(({ id }) => id === agencyId)?.name ?? agencyId;
    const isThird = (state: string) => (team.thirdStates.includes(state) ? ', third state' : '');
    const fields = output.fields({
      team: team.name,
      id: team.id,
      agreement: `${team.agreementId}, ${team.agreementState}`,
      agencies: team.agencies.map(({ name, state }) => `${name} (${state}${isThird(state)})`).join(', '),
    });
    if (team.officers.length === 0) return fields;
    const rows = team.officers.map(({ role, name, agencyId, by }) => [role, name, agencyName(agencyId), by]);
    return `${fields}\n\n${output.table(['role', 'name', 'agency', 'by'], rows)}`;
  });
}
