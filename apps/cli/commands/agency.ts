import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { agencyPublicKeys, createAgencyKeys, wrapAgencyKeys } from '#client/keystore';
import { AgencySearch, type AgencyView, ChangeAgency } from '#domain/contract';
import { isOpenAt } from '#domain/directory';
import { parseStrictJson, signAgencyStatement, signerOf } from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';
import { findAgency } from '../find-exhibit.js';
import { freshProfile } from '../refresh.js';
import { finishRotation, rotate, tellRotation } from '../rotate-agency.js';
import type { CommonOptions, Session } from '../session.js';
import { UsageError } from '../usage-error.js';
import { addAgencyEntry } from './agency-entry.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

interface InitOptions extends CommonOptions {
  readonly recovery: string;
}

interface SearchOptions extends CommonOptions {
  readonly state?: string;
  readonly competence?: string;
  readonly language?: string;
  readonly open?: boolean;
}

interface ContactOptions extends CommonOptions {
  readonly points?: string;
  readonly competence?: readonly string[];
}

export function addAgency(program: Command, runtime: Runtime): void {
  const agency = addGroup(program, 'agency', 'the directory of authorities, and the keys of your own');
  addSearch(
    addCommand(agency, 'list', 'every agency, with its state and contact point', ['agency list --state LY']),
  ).action((options: SearchOptions) => runtime.run(options, (session) => list(session, options)));
  addSearch(
    addCommand(agency, 'search <words...>', 'agencies by the beginnings of words of name, state and contact points', [
      'agency search coast guard --language ar --open',
    ]),
  ).action((words: string[], options: SearchOptions) =>
    runtime.run(options, (session) => list(session, options, words.join(' '))),
  );
  addCommand(agency, 'show <agency>', 'contact points with their hours, competences, and all keys it ever had', [
    'agency show "Coast Guard, Misrata"',
  ]).action((wanted: string, options: CommonOptions) => runtime.run(options, (session) => show(session, wanted)));
  addCommand(agency, 'contact', 'change how your own agency is reached, and what it is competent for', [
    'agency contact --points points.json',
    'agency contact --competence border-control joint-investigation',
  ])
    .option('--points <file>', 'JSON: the whole list of contact points')
    .option('--competence <name...>', 'the whole list of competences')
    .action((options: ContactOptions) => runtime.run(options, (session) => contact(session, options)));
  addCommand(
    agency,
    'rotate',
    'new keys of your agency for those who are there now, and what stays readable under them',
    ['agency rotate', 'agency rotate --finish'],
  )
    .option('--finish', 'wrap what an interrupted change left to be wrapped')
    .action((options: CommonOptions & { finish?: boolean }) =>
      runtime.run(options, async (session) => {
        const rotated = options.finish === true ? await finishRotation(session) : await rotate(session);
        session.output.result(rotated, () => tellRotation(session, rotated));
      }),
    );
  addAgencyEntry(agency, runtime);
  const keys = addGroup(agency, 'keys', "the agency's keys");
  addCommand(keys, 'init', "make the agency's first keys, once, as its administrator", [
    'agency keys init --recovery /media/usb/recovery.txt',
  ])
    .requiredOption('--recovery <file>', 'where to write the recovery identity, to be kept offline')
    .action((options: InitOptions) => runtime.run(options, (session) => init(session, options)));
}

function addSearch(command: Command): Command {
  return command
    .option('--state <code>', 'of this state (ISO 3166-1)')
    .option('--competence <name>', 'competent for this')
    .option('--language <tag>', 'reached in this language (BCP 47)')
    .option('--open', 'where somebody answers now, by their own clock');
}

async function list(session: Session, { state, competence, language, open }: SearchOptions, q?: string): Promise<void> {
  const asked = AgencySearch.safeParse({
    state,
    competence,
    language,
    q,
    ...(open && { openAt: new Date().toISOString() }),
  });
  if (!asked.success) throw usage(asked.error);
  const { limit: _, cursor: __, ...search } = asked.data;
  const agencies: AgencyView[] = [];
  for await (const one of session.api().directory.agencies(search)) agencies.push(one);
  const { output } = session;
  output.result(agencies, () =>
    output.table(
      ['state', 'agency', 'kind', 'contact', 'keys', 'id'],
      agencies.map(({ state: of, name, kind, contact: line, statement, id }) => [
        ...[of, name, kind, line],
        ...[statement ? 'yes' : 'no', id],
      ]),
    ),
  );
}

async function show(session: Session, wanted: string): Promise<void> {
  const api = session.api();
  const detail = await api.directory.agencyDetail((await findAgency(api, wanted)).id);
  const { output } = session;
  output.result(detail, () =>
    [
      output.fields({
        ...{ agency: detail.name, state: detail.state, kind: detail.kind, id: detail.id },
        'competent for': detail.competences.join(' '),
      }),
      output.table(
        ['contact', 'role', 'phone', 'e-mail', 'languages', 'open'],
        detail.contactPoints.map(({ name, role = '', phone = '', email = '', languages, hours }) => [
          ...[name, role, phone, email, languages.join(' ')],
          isOpenAt(hours, new Date()) ? 'now' : 'later',
        ]),
      ),
      output.table(
        ['epoch', 'in use from', 'until'],
        detail.keys.map(({ epoch, since, until }) => [String(epoch), since, until ?? '']),
      ),
    ].join('\n'),
  );
}

async function contact(session: Session, { points, competence }: ContactOptions): Promise<void> {
  const said = ChangeAgency.safeParse({
    ...(points !== undefined && { contactPoints: parseStrictJson(readFileSync(points)) }),
    ...(competence !== undefined && { competences: competence }),
  });
  if (!said.success) throw usage(said.error);
  const { agency } = await freshProfile(session);
  const changed = await session.api().directory.changeAgency(agency.id, said.data);
  await freshProfile(session);
  session.output.result(changed, () =>
    session.output.fields({
      ...{ agency: changed.name, contact: changed.contact, 'competent for': changed.competences.join(' ') },
    }),
  );
}

function usage({ issues: [fault] }: { issues: readonly { path: PropertyKey[]; message: string }[] }): UsageError {
  return new UsageError(`${fault?.path.map(String).join('.') ?? ''}: ${fault?.message ?? 'is wrong'}`);
}

async function init(session: Session, { recovery: file }: InitOptions): Promise<void> {
  const { agency } = await freshProfile(session);
  if (agency.statement) throw new UsageError(`${agency.name} has its keys`);
  if (existsSync(file)) throw new UsageError(`${file} is there already; it is never written over`);
  const recovery = newIdentity();
  writeFileSync(file, `${recovery}\n`, { mode: 0o600, flag: 'wx', flush: true });
  const bundle = await createAgencyKeys(agency.id, 1);
  const keys = agencyPublicKeys(bundle, {
    state: agency.state,
    name: agency.name,
    recoveryRecipient: recipientOf(recovery),
  });
  const own = recipientOf((await session.keys()).identity);
  const wrapped = await wrapAgencyKeys(bundle, { officers: [own], recovery: keys.recoveryRecipient });
  const signer = await signerOf(bundle.signingKey);
  await session.api().directory.publishAgencyKeys(agency.id, {
    statement: await signAgencyStatement({ schema: 'amana-agency/v1', ...keys }, signer),
    wrappedKeys: Buffer.from(wrapped).toString('base64'),
  });
  await freshProfile(session);
  session.output.result({ agencyId: agency.id, kid: signer.kid, recipient: keys.recipient, recovery: file }, () =>
    session.output.fields({
      agency: agency.name,
      'signing key': signer.kid,
      recipient: keys.recipient,
      'recovery identity': file,
    }),
  );
}
