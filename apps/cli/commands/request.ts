import { type Command, Option } from 'commander';
import {
  type AnswerRequest,
  REQUEST_DIRECTIONS,
  type RequestFilter,
  type RequestSummary,
  type RequestView,
} from '#domain/contract';
import { GrantId, REQUEST_STATES, RequestId } from '#domain/evidence';
import { type GroundUse, groundsOf, type Instrument, INSTRUMENT_FACTS, INSTRUMENTS } from '#domain/requests';
import { findAgency } from '../find-exhibit.js';
import { instantOf } from '../instant.js';
import { teamNamed } from '../new-exhibit.js';
import { freshProfile } from '../refresh.js';
import { exampleFile, readRequestFile, type WrittenRequest } from '../request-file.js';
import type { CommonOptions, Session } from '../session.js';
import { shownRequest, shownRequests } from '../shown-request.js';
import { UsageError } from '../usage-error.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

interface ListOptions extends CommonOptions {
  readonly state?: RequestFilter['state'];
  readonly direction?: RequestFilter['direction'];
  readonly dueBefore?: string;
}

interface AnswerOptions extends CommonOptions {
  readonly ground?: string;
  readonly because?: string;
  readonly extent?: string;
  readonly until?: string;
}

export function addRequest(program: Command, runtime: Runtime): void {
  const request = addGroup(
    program,
    'request',
    'ask a partner for evidence under an instrument, and answer one who asks',
  );
  addForms(request, runtime);
  addCommand(request, 'draft <file>', 'draft a request out of its file; your agency alone sees it', [
    'request draft request.json',
  ]).action((file: string, options: CommonOptions) => runtime.run(options, (session) => draft(session, file)));
  addCommand(request, 'change <request> <file>', 'give a draft another form', [
    'request change 7f3c… request.json',
  ]).action((id: string, file: string, options: CommonOptions) =>
    runtime.run(options, async (session) => {
      const requestId = idOf(id);
      tell(session, await session.api().requests.change(requestId, (await written(session, file)).form));
    }),
  );
  addStep(request, runtime, 'submit', 'submit a draft: its periods run from now on, and it stays as it is');
  addStep(request, runtime, 'acknowledge', 'acknowledge that a request was received');
  addAnswer(request, runtime);
  addCommand(request, 'clarify <request>', 'ask or explain something; both sides read the thread', [
    'request clarify 7f3c… --text "Which of the two telephones?"',
  ])
    .requiredOption('--text <text>', 'what to write')
    .action((id: string, options: CommonOptions & { text: string }) =>
      runtime.run(options, async (session) =>
        tell(session, await session.api().requests.clarify(idOf(id), options.text)),
      ),
    );
  addCommand(request, 'fulfil <request> [grant...]', 'name the approved grants that give what was asked for', [
    'request fulfil 7f3c… 4be7…',
  ]).action((id: string, grants: string[], options: CommonOptions) =>
    runtime.run(options, async (session) =>
      tell(session, await session.api().requests.fulfil(idOf(id), grants.map(grantIdOf))),
    ),
  );
  addStep(request, runtime, 'close', 'close a request that was fulfilled or refused');
  addCommand(request, 'withdraw <request>', 'withdraw a request that is no longer needed, or a draft', [
    'request withdraw 7f3c… --reason "The suspect has confessed"',
  ])
    .requiredOption('--reason <text>', 'why')
    .action((id: string, options: CommonOptions & { reason: string }) =>
      runtime.run(options, async (session) =>
        tell(session, await session.api().requests.withdraw(idOf(id), options.reason)),
      ),
    );
  addReadings(request, runtime);
}

function addForms(request: Command, runtime: Runtime): void {
  const instruments = INSTRUMENTS.join(', ');
  addCommand(request, 'form <instrument>', `an example of the file of a request: ${instruments}`, [
    'request form eio > request.json',
  ]).action((instrument: string, options: CommonOptions) =>
    runtime.run(options, ({ output }) => {
      const example = exampleFile(instrumentOf(instrument));
      output.result(example, () => JSON.stringify(example, null, 2));
      return Promise.resolve();
    }),
  );
  addCommand(request, 'grounds <instrument>', 'the grounds on which a request may be refused or postponed', [
    'request grounds mla',
  ]).action((instrument: string, options: CommonOptions) =>
    runtime.run(options, ({ output }) => {
      const of = instrumentOf(instrument);
      const grounds = (['refusal', 'postponement'] as const).flatMap((use: GroundUse) =>
        groundsOf(of, use).map((ground) => ({ use, ...ground })),
      );
      output.result(grounds, () =>
        output.table(
          ['ground', 'for', 'consult first', 'source', 'because'],
          grounds.map((one) => [one.name, one.use, one.consultFirst ? 'yes' : 'no', one.source, one.because]),
        ),
      );
      return Promise.resolve();
    }),
  );
}

function addStep(request: Command, runtime: Runtime, verb: 'submit' | 'acknowledge' | 'close', about: string): void {
  addCommand(request, `${verb} <request>`, about, [`request ${verb} 7f3c…`]).action(
    (id: string, options: CommonOptions) =>
      runtime.run(options, async (session) => tell(session, await session.api().requests[verb](idOf(id)))),
  );
}

function addAnswer(request: Command, runtime: Runtime): void {
  addCommand(request, 'answer <request> <outcome>', 'answer: granted, partly-granted, refused or postponed', [
    'request answer 7f3c… granted',
    'request answer 7f3c… refused --ground essential-interests --because "It would endanger a source"',
    'request answer 7f3c… postponed --ground ongoing-proceedings --because "Trial in March" --until 2027-04-01',
  ])
    .option('--ground <name>', 'what it rests on, where it is less than all; see `amana request grounds`')
    .option('--because <text>', 'why')
    .option('--extent <text>', 'what is executed, where it is partly granted')
    .option('--until <date>', 'until when it is postponed, a day or an instant')
    .action((id: string, outcome: string, options: AnswerOptions) =>
      runtime.run(options, async (session) =>
        tell(session, await session.api().requests.answer(idOf(id), answerOf(outcome, options))),
      ),
    );
}

function addReadings(request: Command, runtime: Runtime): void {
  addCommand(request, 'list', 'requests made and received, the newest first, with what is due next', [
    'request list',
    'request list --direction received --due-before 2027-01-31',
  ])
    .addOption(new Option('--state <state>', 'in this state').choices(REQUEST_STATES))
    .addOption(new Option('--direction <direction>', 'by your agency, or to it').choices(REQUEST_DIRECTIONS))
    .option('--due-before <date>', 'with something due before the end of a day, or an instant')
    .action((options: ListOptions) => runtime.run(options, (session) => list(session, options)));
  addCommand(request, 'show <request>', 'a request, its answer, its thread and what is due', [
    'request show 7f3c…',
    'request show 7f3c… --json',
  ]).action((id: string, options: CommonOptions) =>
    runtime.run(options, async (session) => tell(session, await session.api().requests.show(idOf(id)))),
  );
  addCommand(request, 'calendar', 'what is due of requests, for a calendar program (iCalendar)', [
    'request calendar > requests.ics',
  ]).action((options: CommonOptions) =>
    runtime.run(options, async (session) => session.output.raw(await session.api().requests.calendar())),
  );
}

async function draft(session: Session, file: string): Promise<void> {
  const { to, form } = await written(session, file);
  const api = session.api();
  tell(session, await api.requests.draft({ toAgencyId: (await findAgency(api, to)).id, form }));
}

async function written(session: Session, file: string): Promise<WrittenRequest> {
  const profile = await freshProfile(session);
  return readRequestFile(file, (team) => teamNamed(profile, team).id);
}

async function list(session: Session, { state, direction, dueBefore }: ListOptions): Promise<void> {
  const requests: RequestSummary[] = [];
  const filter: RequestFilter = {
    ...(state !== undefined && { state }),
    ...(direction !== undefined && { direction }),
    ...(dueBefore !== undefined && { dueBefore: instantOf(dueBefore, 'end') }),
  };
  for await (const request of session.api().requests.list(filter)) requests.push(request);
  session.output.result(requests, () => shownRequests(session.output, requests));
}

function tell({ output }: Session, request: RequestView): void {
  output.result(request, () => shownRequest(output, request));
}

/** What is missing or too much is told before anything is sent. */
function answerOf(outcome: string, { ground, because, extent, until }: AnswerOptions): AnswerRequest {
  const given = { ground, because, extent, until };
  const wanted: Readonly<Record<string, readonly (keyof typeof given)[]>> = {
    granted: [],
    'partly-granted': ['ground', 'because', 'extent'],
    refused: ['ground', 'because'],
    postponed: ['ground', 'because', 'until'],
  };
  const needed = Object.hasOwn(wanted, outcome) ? wanted[outcome] : undefined;
  if (needed === undefined) throw new UsageError(`"${outcome}" is not one of ${Object.keys(wanted).join(', ')}`);
  for (const name of Object.keys(given) as (keyof typeof given)[]) {
    if (needed.includes(name) && given[name] === undefined)
      throw new UsageError(`an answer that is ${outcome} needs --${name}`);
    const takes = needed.includes(name) || (name === 'because' && outcome === 'granted');
    if (!takes && given[name] !== undefined) throw new UsageError(`an answer that is ${outcome} takes no --${name}`);
  }
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { outcome, ...said, ...(until !== undefined && { until: instantOf(until, 'end') }) } as AnswerRequest;
}

function instrumentOf(text: string): Instrument {
  const found = INSTRUMENTS.find((instrument) => instrument === text.toLowerCase());
  if (found) return found;
  const known = INSTRUMENTS.map((one) => `${one} (${INSTRUMENT_FACTS[one].name})`).join(', ');
  throw new UsageError(`"${text}" is not an instrument; there are ${known}`);
}

function idOf(text: string): RequestId {
  const parsed = RequestId.safeParse(text.toLowerCase());
  if (!parsed.success) throw new UsageError(`"${text}" is not the id of a request`);
  return parsed.data;
}

function grantIdOf(text: string): GrantId {
  const parsed = GrantId.safeParse(text.toLowerCase());
  if (!parsed.success) throw new UsageError(`"${text}" is not the id of a grant`);
  return parsed.data;
}
