import { open, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import type { StoredPart } from '../evidence-store.js';

const JournalRecord = z.union([
  z.strictObject({ part: z.int().positive(), sizeBytes: z.int().positive(), tag: z.string() }),
  z.strictObject({ voided: z.int().positive() }),
]);
export type JournalRecord = z.infer<typeof JournalRecord>;

/**
 * Which parts of an upload are whole, one JSON record a line, only ever appended. A record is written after the bytes
 * it speaks of are durable, and a `voided` one before they are written over: so at any crash the journal claims no byte
 * that is not there. A record torn by a crash is skipped: its part is sent again.
 */
export async function appendRecords(journal: FileHandle, records: readonly JournalRecord[]): Promise<void> {
  // Begins with a line end, which closes off whatever a crash left torn before it.
  await journal.appendFile(records.map((record) => `\n${JSON.stringify(record)}`).join('') + '\n');
  await journal.datasync();
}

/** What the journal holds, by part number. Makes durable what it read. @throws ENOENT */
export async function readJournal(path: string): Promise<StoredPart[]> {
  const journal = await open(path, 'r+');
  try {
    const text = await journal.readFile('utf8');
    await journal.datasync();
    return partsIn(text);
  } finally {
    await journal.close();
  }
}

export function partsIn(text: string): StoredPart[] {
  const parts = new Map<number, StoredPart>();
  for (const line of text.split('\n').slice(0, -1)) {
    const record = parseRecord(line);
    if (record === null) continue;
    if ('voided' in record) parts.delete(record.voided);
    else parts.set(record.part, { number: record.part, sizeBytes: record.sizeBytes, tag: record.tag });
  }
  return [...parts.values()].sort((one, other) => one.number - other.number);
}

function parseRecord(line: string): JournalRecord | null {
  try {
    return JournalRecord.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
