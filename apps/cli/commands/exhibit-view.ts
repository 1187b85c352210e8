import type { Command } from 'commander';
import type { ExhibitDetail, ExhibitView } from '#domain/contract';
import { findExhibit } from '../find-exhibit.js';
import type { CommonOptions, Session } from '../session.js';
import { recordTable, shownRecord } from '../shown-record.js';
import { shownSize } from '../shown.js';
import { type Runtime, addCommand } from './runtime.js';

const FILES_SHOWN = 50;

export function addExhibitViews(exhibit: Command, runtime: Runtime): void {
  addCommand(exhibit, 'list', 'the exhibits within your reach, the newest first', [
    'exhibit list',
    'exhibit list --number TRP-2026-0417/1 --json',
  ])
    .option('--number <number>', 'those with this number alone')
    .action((options: CommonOptions & { number?: string }) =>
      runtime.run(options, (session) => list(session, options.number)),
    );
  addCommand(exhibit, 'show <id>', 'an exhibit with its facts and files', [
    'exhibit show TRP-2026-0417/1',
    'exhibit show TRP-2026-0417/1 --record',
  ])
    .option('--record', 'its custody record too, each event proven in the log; reading it is itself on the record')
    .action((id: string, options: CommonOptions & { record?: boolean }) =>
      runtime.run(options, (session) => show(session, id, options.record === true)),
    );
  addCommand(exhibit, 'hold <id>', 'hold it against disclosure, with the reason', [
    'exhibit hold TRP-2026-0417/1 --reason "Appeal pending, order 12/2026"',
    'exhibit hold TRP-2026-0417/1 --release --reason "Appeal dismissed"',
  ])
    .requiredOption('--reason <text>', 'why')
    .option('--release', 'end the hold')
    .action((id: string, options: CommonOptions & { reason: string; release?: boolean }) =>
      runtime.run(options, (session) => hold(session, id, options.reason, options.release === true)),
    );
}

async function list(session: Session, number: string | undefined): Promise<void> {
  const exhibits: ExhibitView[] = [];
  for await (const exhibit of session.api().exhibits.list({ number })) exhibits.push(exhibit);
  const { output } = session;
  output.result(exhibits, () =>
    exhibits.length === 0
      ? 'No exhibits'
      : output.table(
          ['number', 'case', 'state', 'files', 'size', 'agency', 'registered', 'id'],
          exhibits.map((one) => [
            one.number,
            one.caseNumber,
            one.state,
            one.fileCount,
            shownSize(one.sealedSizeBytes),
            `${one.agencyName} (${one.agencyState})`,
            one.registeredAt,
            one.id,
          ]),
        ),
  );
}

async function show(session: Session, wanted: string, withRecord: boolean): Promise<void> {
  const api = session.api();
  const { exhibit } = await api.exhibits.show(await findExhibit(api, wanted));
  const record = withRecord ? await shownRecord(session, exhibit.id) : null;
  session.output.result(record === null ? exhibit : { ...exhibit, record }, () =>
    [words(session, exhibit), ...(record === null ? [] : ['', recordTable(session, record)])].join('\n'),
  );
}

async function hold(session: Session, wanted: string, reason: string, release: boolean): Promise<void> {
  const api = session.api();
  const { exhibit, etag } = await api.exhibits.show(await findExhibit(api, wanted));
  const after = release
    ? await api.exhibits.release(exhibit.id, reason, etag)
    : await api.exhibits.hold(exhibit.id, reason, etag);
  const { output } = session;
  output.result(after, () => `Exhibit ${output.shown(after.number)} is ${after.state}`);
}

function words({ output }: Session, exhibit: ExhibitDetail): string {
  const files = exhibit.files.slice(0, FILES_SHOWN);
  const more = exhibit.files.length - files.length;
  return [
    output.fields({
      exhibit: exhibit.number,
      case: exhibit.caseNumber,
      id: exhibit.id,
      agency: `${exhibit.agencyName} (${exhibit.agencyState})`,
      state: exhibit.state,
      manifest: exhibit.manifestSha256,
      registered: exhibit.registeredAt,
      sealed: exhibit.sealedAt,
      ...flatFacts(exhibit.facts),
    }),
    '',
    output.table(
      ['file', 'type', 'size', 'state', 'sha-256'],
      files.map(({ name, mediaType, sizeBytes, state, sha256 }) => [
        name,
        mediaType,
        shownSize(sizeBytes),
        state,
        sha256,
      ]),
    ),
    ...(more > 0 ? [`and ${more} more (--json has all)`] : []),
  ].join('\n');
}

/** Facts as `seizure.place  Port of Tripoli`. */
function flatFacts(facts: Readonly<Record<string, unknown>>, before = ''): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(facts)) {
    if (before === '' && (name === 'exhibitNumber' || name === 'caseNumber')) continue;
    const path = before + name;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      Object.assign(flat, flatFacts(value as Record<string, unknown>, `${path}.`));
    } else flat[path] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  return flat;
}
