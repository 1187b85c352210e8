import { expect } from '@jest/globals';
import { evidenceKey } from '#server/storage';
import type { ClientHistory } from '../support/client-history.js';
import { eventsOf } from '../support/records.js';
import type { SampleExhibit } from '../support/sample-exhibit.js';
import type { FaultWorld } from './fault-world.js';
import { digestOfSealed, digestOfStored } from './wholeness.js';

interface FileRow {
  readonly state: string;
  readonly version_id: string | null;
}

/**
 * I1 to I3 and I6 of faults.md, of operations that each bring in one file (named by its id), some never answered: what was
 * acknowledged is there with its digest; row, object and event say the same of every file; the events of each exhibit are contiguous.
 */
export async function mustAgreeWithHistory(
  given: Pick<FaultWorld, 'world' | 'store'>,
  history: ClientHistory,
  exhibits: readonly SampleExhibit[],
): Promise<{ acknowledged: number; unknown: number }> {
  const outcomes = history.outcomes();
  for (const exhibit of exhibits) {
    const events = await eventsOf(given.world, exhibit.id);
    expect(events.map(({ exhibitSeq }) => exhibitSeq)).toEqual(events.map((_, at) => at + 1));
    const recorded = events.flatMap(({ kind, object }) => (kind === 'file-stored' && object ? [object] : []));
    for (const file of exhibit.files) {
      const [row] = await given.world.query<FileRow>(
        `SELECT state, version_id FROM amana.evidence_file WHERE id = $1`,
        [file.id],
      );
      const key = evidenceKey({ exhibitId: exhibit.id, fileId: file.id });
      const mine = recorded.filter(({ fileId }) => fileId === file.id);
      const stored = row?.state === 'stored';
      if (outcomes.get(file.id) === 'acknowledged') expect([file.id, stored]).toEqual([file.id, true]);
      expect(mine.map(({ versionId }) => versionId)).toEqual(stored ? [row.version_id] : []);
      if (stored) expect(await digestOfStored(given.store, key, row.version_id ?? '')).toBe(digestOfSealed(file));
    }
  }
  const all = [...outcomes.values()];
  const count = (outcome: string) => all.filter((one) => one === outcome).length;
  return { acknowledged: count('acknowledged'), unknown: count('unknown') };
}
