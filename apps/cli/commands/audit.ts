import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ApiError } from '#client/api';
import type { ReviewView } from '#domain/contract';
import { ReviewId } from '#domain/evidence';
import type { CommonOptions, Session } from '../session.js';
import { UsageError } from '../usage-error.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

interface QueueOptions extends CommonOptions {
  readonly all?: boolean;
}

interface RecordOptions extends CommonOptions {
  readonly finding?: string;
  readonly dismiss?: string;
}

interface ExportOptions extends CommonOptions {
  readonly format: string;
  readonly output?: string;
}

export function addAudit(program: Command, runtime: Runtime): void {
  const audit = addGroup(program, 'audit', 'the reviews that events raised: claim, record, export');
  addCommand(audit, 'queue', 'what waits for an auditor: the overdue first, then the newest', [
    'audit queue',
    'audit queue --all --json',
  ])
    .option('--all', 'closed reviews too')
    .action((options: QueueOptions) => runtime.run(options, (session) => queue(session, options)));
  addCommand(audit, 'claim <review>', 'take a review for yourself', ['audit claim 6c1c…']).action(
    (review: string, options: CommonOptions) =>
      runtime.run(options, async (session) => {
        tell(session, await session.api().records.claimReview(reviewId(review)));
      }),
  );
  addCommand(audit, 'record <review>', 'write down what you concluded, and close the review', [
    'audit record 6c1c… --finding "access without need; told the head of unit"',
    'audit record 6c1c… --dismiss "on duty, order 318"',
  ])
    .option('--finding <text>', 'something is wrong: what')
    .option('--dismiss <text>', 'nothing is wrong: why')
    .action((review: string, options: RecordOptions) =>
      runtime.run(options, (session) => record(session, review, options)),
    );
  addCommand(audit, 'export', 'all reviews as a file; the export is itself an event', [
    'audit export --format csv -o reviews.csv',
    'audit export > reviews.jsonl',
    'audit export --json',
  ])
    .option('--format <format>', 'csv or jsonl', 'jsonl')
    .option('-o, --output <file>', 'where to; stdout without it')
    .action((options: ExportOptions) => runtime.run(options, (session) => exportReviews(session, options)));
}

async function queue(session: Session, { all = false }: QueueOptions): Promise<void> {
  const reviews: ReviewView[] = [];
  for await (const review of session.api().records.reviews()) {
    if (all || review.state !== 'closed') reviews.push(review);
  }
  const { output } = session;
  output.result(reviews, () =>
    reviews.length === 0
      ? 'Nothing waits.'
      : output.table(
          ['review', 'state', 'rule', 'because', 'raised', 'overdue'],
          reviews.map(({ id, state, rule, because, raisedAt, escalatedAt }) => [
            ...[id, state, rule, because, raisedAt.slice(0, 16)],
            escalatedAt === null ? '' : 'yes',
          ]),
        ),
  );
}

async function record(session: Session, review: string, { finding, dismiss }: RecordOptions): Promise<void> {
  if ((finding === undefined) === (dismiss === undefined)) throw new UsageError('give either --finding or --dismiss');
  const outcome = finding === undefined ? 'dismissed' : 'finding';
  tell(
    session,
    await session.api().records.recordFinding(reviewId(review), { outcome, text: finding ?? dismiss ?? '' }),
  );
}

async function exportReviews(session: Session, { format, output: file }: ExportOptions): Promise<void> {
  if (format !== 'csv' && format !== 'jsonl') throw new UsageError('--format is csv or jsonl');
  const bytes = await session.api().records.exportReviews(format);
  if (file === undefined) {
    if (session.output.json) session.output.result(asJson(format, bytes), () => '');
    else session.output.raw(bytes);
    return;
  }
  writeFileSync(file, bytes, { flag: 'wx', mode: 0o600 });
  session.output.result({ file, sizeBytes: bytes.length }, () => `The reviews are in ${session.output.shown(file)}`);
}

/** The export as one document: reviews as values, or the text of a table. */
function asJson(format: 'csv' | 'jsonl', bytes: Uint8Array) {
  const text = new TextDecoder().decode(bytes);
  if (format === 'csv') return { format, text };
  const lines = text.split('\n').filter((line) => line !== '');
  try {
    return { format, reviews: lines.map((line): unknown => JSON.parse(line)) };
  } catch (cause) {
    throw new ApiError({ kind: 'bad-answer' }, 'the platform answered with something else than lines of JSON', cause);
  }
}

function tell({ output }: Session, review: ReviewView): void {
  const { id, state, rule, because, outcome, finding } = review;
  output.result(review, () => output.fields({ review: id, state, rule, because, outcome, finding }));
}

function reviewId(text: string): ReviewId {
  const parsed = ReviewId.safeParse(text);
  if (!parsed.success) throw new UsageError(`"${text}" is not the id of a review`);
  return parsed.data;
}
