import type { Command } from 'commander';
import type { ErasureView } from '#domain/contract';
import { citationOf } from '#domain/custody';
import { ErasureId, EventId } from '#domain/evidence';
import type { CommonOptions, Session } from '../session.js';
import { UsageError } from '../usage-error.js';
import { type Runtime, addCommand, addGroup } from './runtime.js';

interface ProposeOptions extends CommonOptions {
  readonly instrument: string;
  readonly number: string;
  readonly reason: string;
}

export function addErase(program: Command, runtime: Runtime): void {
  const erase = addGroup(program, 'erase', 'destroy what an event of the record says, under law; its commitment stays');
  addCommand(erase, 'propose <event>', 'propose to erase an event of your agency; another officer has to approve', [
    'erase propose 1c0e… --instrument "Directive (EU) 2016/680" --number "Art. 16(2)" --reason "Order 318/2026 of the court"',
  ])
    .requiredOption('--instrument <text>', 'the law, or the order')
    .requiredOption('--number <text>', 'the article, or the number')
    .requiredOption('--reason <text>', 'why; it stays on the record for good: never repeat what is to be erased')
    .action((event: string, options: ProposeOptions) =>
      runtime.run(options, (session) => propose(session, event, options)),
    );
  addCommand(erase, 'approve <erasure>', 'erase the event that another officer proposed: there is no way back', [
    'erase approve 9ab2…',
  ]).action((erasure: string, options: CommonOptions) =>
    runtime.run(options, async (session) =>
      tell(session, await session.api().records.approveErasure(erasureId(erasure))),
    ),
  );
  addCommand(erase, 'refuse <erasure>', 'refuse what was proposed, or withdraw your own proposal', [
    'erase refuse 9ab2… --reason "The appeal is pending"',
  ])
    .requiredOption('--reason <text>', 'why')
    .action((erasure: string, options: CommonOptions & { reason: string }) =>
      runtime.run(options, async (session) =>
        tell(session, await session.api().records.refuseErasure(erasureId(erasure), options.reason)),
      ),
    );
  addCommand(erase, 'list', 'what your agency proposed, refused and erased, the newest first', [
    'erase list',
    'erase list --json',
  ]).action((options: CommonOptions) => runtime.run(options, list));
}

async function propose(session: Session, event: string, options: ProposeOptions): Promise<void> {
  const id = EventId.safeParse(event.toLowerCase());
  if (!id.success) throw new UsageError(`"${event}" is not the id of an event`);
  const { instrument, number, reason } = options;
  tell(session, await session.api().records.proposeErasure(id.data, { ground: { instrument, number, reason } }));
}

async function list(session: Session): Promise<void> {
  const erasures: ErasureView[] = [];
  for await (const erasure of session.api().records.erasures()) erasures.push(erasure);
  const { output } = session;
  output.result(erasures, () =>
    erasures.length === 0
      ? 'Nothing was proposed'
      : output.table(
          ['erasure', 'state', 'entry', 'event', 'under', 'proposed', 'recorded at'],
          erasures.map(({ id, state, index, eventKind, ground, proposedAt, recordedIndex }) => [
            ...[id, state, index, eventKind, citationOf(ground), proposedAt.slice(0, 16), recordedIndex],
          ]),
        ),
  );
}

function tell({ output }: Session, erasure: ErasureView): void {
  const { id, state, eventId, eventKind, index, ground, refusal, recordedAs } = erasure;
  output.result(erasure, () =>
    output.fields({
      erasure: id,
      state,
      event: `${eventId} (${eventKind})`,
      entry: index,
      under: citationOf(ground),
      reason: ground.reason,
      refused: refusal,
      'recorded as': recordedAs,
    }),
  );
}

function erasureId(text: string): ErasureId {
  const parsed = ErasureId.safeParse(text.toLowerCase());
  if (!parsed.success) throw new UsageError(`"${text}" is not the id of an erasure`);
  return parsed.data;
}
