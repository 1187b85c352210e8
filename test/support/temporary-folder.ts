import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

const made: string[] = [];
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that is gone once the tests of the file that asked for it have ended. */
export function temporaryFolder(subject: string): string {
  const folder = mkdtempSync(join(tmpdir(), `amana-${subject}-`));
  made.push(folder);
  return folder;
}
