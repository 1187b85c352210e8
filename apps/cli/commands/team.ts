import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { AgreementView, TeamView } from '#domain/contract';
import { parseStrictJson, verifyAgreement } from '#domain/manifest';
import type { CommonOptions, Session } from '../session.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

export function addTeam(program: Command, runtime: Runtime): void {
  const team = addGroup(program, 'team', 'joint investigation teams of your agency');
  addCommand(team, 'list', 'the teams, and who is in them', ['team list']).action((options: CommonOptions) =>
    runtime.run(options, listTeams),
  );
  const agreement = addGroup(program, 'agreement', 'the instruments that teams rest on');
  addCommand(agreement, 'list', 'the agreements your agency is a party to', ['agreement list']).action(
    (options: CommonOptions) => runtime.run(options, listAgreements),
  );
  addCommand(agreement, 'publish <file>', 'put an agreement in force that every party has signed', [
    'agreement publish jit.jws.json',
  ]).action((file: string, options: CommonOptions) => runtime.run(options, (session) => publish(session, file)));
}

async function listTeams(session: Session): Promise<void> {
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

async function listAgreements(session: Session): Promise<void> {
  const agreements: AgreementView[] = [];
  for await (const one of session.api().directory.agreements()) agreements.push(one);
  const { output } = session;
  output.result(agreements, () =>
    output.table(
      ['agreement', 'from', 'until', 'id'],
      agreements.map(({ title, validFrom, validUntil, id }) => [
        title,
        validFrom.slice(0, 10),
        validUntil.slice(0, 10),
        id,
      ]),
    ),
  );
}

async function publish(session: Session, file: string): Promise<void> {
  const instrument = parseStrictJson(readFileSync(file));
  await verifyAgreement(instrument);
  const published = await session.api().directory.publishAgreement(instrument);
  session.output.result(published, () =>
    session.output.fields({ agreement: published.title, until: published.validUntil, id: published.id }),
  );
}
