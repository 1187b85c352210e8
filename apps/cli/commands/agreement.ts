import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { AgreementDetail } from '#domain/contract';
import { AgreementId } from '#domain/evidence';
import {
  type AgencyKeys,
  amendmentOf,
  modelAgreement,
  parseStrictJson,
  verifyAgencyStatement,
  verifyAgreement,
} from '#domain/manifest';
import { findAgreement, readAgreementText } from '../agreement-file.js';
import { findAgency } from '../find-exhibit.js';
import { instantOf } from '../instant.js';
import type { CommonOptions, Session } from '../session.js';
import { tellAgreement } from '../shown-agreement.js';
import { UsageError } from '../usage-error.js';
import { addAgreementWords } from './agreement-words.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

interface ModelOptions extends CommonOptions {
  readonly party?: readonly string[];
  readonly from?: string;
  readonly until?: string;
  readonly amend?: string;
}

export function addAgreement(program: Command, runtime: Runtime): void {
  const agreement = addGroup(
    program,
    'agreement',
    'the instruments that teams rest on: negotiated, signed, amended, ended',
  );
  addCommand(agreement, 'list', 'the agreements your agency is a party to, or negotiates', ['agreement list']).action(
    (options: CommonOptions) => runtime.run(options, list),
  );
  addCommand(agreement, 'show <agreement>', 'how an agreement stands: text, parties, signatures', [
    'agreement show "JIT Route 7"',
    'agreement show 3f1d… --json',
  ]).action((wanted: string, options: CommonOptions) =>
    runtime.run(options, async (session) => tellAgreement(session.output, await findAgreement(session.api(), wanted))),
  );
  addCommand(
    agreement,
    'model',
    'a first text to negotiate from, with the keys of the parties as the directory has them',
    [
      'agreement model --party "Procura di Palermo" --party TN --from 2026-12-01 --until 2028-11-30 > jit.json',
      'agreement model --amend "JIT Route 7" > amended.json',
    ],
  )
    .option('--party <agency>', 'a party beside your own agency, by name, id or state; again for each', collect)
    .option('--from <date>', 'the beginning, a day or an instant')
    .option('--until <date>', 'the end')
    .option('--amend <agreement>', 'begin from the text in force of this agreement, as its next version')
    .action((options: ModelOptions) => runtime.run(options, (session) => model(session, options)));
  addCommand(agreement, 'draft <file>', 'lay a first text before its parties', ['agreement draft jit.json']).action(
    (file: string, options: CommonOptions) =>
      runtime.run(options, async (session) => {
        const text = readAgreementText(file);
        await tellAgreement(session.output, await session.api().agreements.draft(text));
      }),
  );
  addCommand(agreement, 'revise <file>', 'lay another text in the place of the one on the table', [
    'agreement revise jit-2.json --revision 1',
  ])
    .option('--revision <number>', 'the revision it rests on; refused when another is on the table by now')
    .action((file: string, options: CommonOptions & { revision?: string }) =>
      runtime.run(options, (session) => revise(session, file, options.revision)),
    );
  addCommand(agreement, 'amend <file>', 'lay a text before the parties that would replace the one in force', [
    'agreement amend amended.json',
  ]).action((file: string, options: CommonOptions) =>
    runtime.run(options, async (session) => {
      const text = readAgreementText(file);
      await tellAgreement(session.output, await session.api().agreements.amend(text.agreementId, text));
    }),
  );
  addCommand(agreement, 'publish <file>', 'put an agreement in force that every party has signed elsewhere', [
    'agreement publish jit.jws.json',
  ]).action((file: string, options: CommonOptions) => runtime.run(options, (session) => publish(session, file)));
  addAgreementWords(agreement, runtime);
}

async function list(session: Session): Promise<void> {
  const agreements: AgreementDetail[] = [];
  for await (const one of session.api().agreements.list()) agreements.push(one);
  const { output } = session;
  output.result(agreements, () =>
    agreements.length === 0
      ? 'No agreements'
      : output.table(
          ['agreement', 'state', 'on the table', 'from', 'until', 'id'],
          agreements.map(({ title, state, draft, validFrom, validUntil, id }) => [
            title,
            state,
            draft && `revision ${draft.revision}, ${draft.missing.length} to sign`,
            validFrom.slice(0, 10),
            validUntil.slice(0, 10),
            id,
          ]),
        ),
  );
}

async function model(session: Session, options: ModelOptions): Promise<void> {
  const text = options.amend === undefined ? await firstText(session, options) : await nextText(session, options.amend);
  session.output.result(text, () => JSON.stringify(text, null, 2));
}

async function firstText(session: Session, { party = [], from, until }: ModelOptions) {
  if (party.length === 0) throw new UsageError('give each party beside your own agency with --party');
  if (until === undefined) throw new UsageError('give the end with --until');
  const parties: AgencyKeys[] = [];
  for (const wanted of [session.profile().agency.id, ...party]) {
    const agency = await findAgency(session.api(), wanted);
    if (agency.statement === null) throw new UsageError(`${agency.name} has no keys yet`);
    const { statement } = await verifyAgencyStatement(agency.statement);
    const { schema: _, predecessor: __, ...keys } = statement;
    parties.push(keys);
  }
  return modelAgreement({
    agreementId: AgreementId.parse(randomUUID()),
    parties,
    validFrom: instantOf(from ?? new Date().toISOString(), 'start'),
    validUntil: instantOf(until, 'end'),
  });
}

async function nextText(session: Session, wanted: string) {
  const { instrument, payloadSha256, title } = await findAgreement(session.api(), wanted);
  if (payloadSha256 === null)
    throw new UsageError(`"${title}" is not in force yet; \`amana agreement revise\` its text`);
  const { agreement, payloadSha256: digest } = await verifyAgreement(instrument);
  return amendmentOf(agreement, digest);
}

async function revise(session: Session, file: string, revision: string | undefined): Promise<void> {
  const text = readAgreementText(file);
  const { agreements } = session.api();
  const { draft } = await agreements.show(text.agreementId);
  if (revision !== undefined && String(draft?.revision) !== revision)
    throw new UsageError(`revision ${draft?.revision ?? 'none'} is on the table by now, not ${revision}`);
  await tellAgreement(session.output, await agreements.revise(text.agreementId, text));
}

async function publish(session: Session, file: string): Promise<void> {
  const instrument = parseStrictJson(readFileSync(file));
  await verifyAgreement(instrument);
  const published = await session.api().directory.publishAgreement(instrument);
  session.output.result(published, () =>
    session.output.fields({ agreement: published.title, until: published.validUntil, id: published.id }),
  );
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
