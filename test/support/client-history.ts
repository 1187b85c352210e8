import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { type Answer, ConnectionBroken } from './api-client.js';

/** What a client knows of one of its operations. `unknown`: no answer, or one that says to come back later. */
export type Outcome = 'acknowledged' | 'refused' | 'unknown';

interface Line {
  readonly operation: string;
  readonly said: 'intent' | Outcome;
}

/**
 * What clients meant to do and what they were told, kept outside the system under test: each line is on disk before its client goes
 * on. After healing it is held against what the system has (faults.md).
 */
export class ClientHistory {
  private readonly descriptor: number;

  constructor(private readonly file: string) {
    this.descriptor = openSync(file, 'ax', 0o600);
  }

  /** Notes the intent, acts, notes what came of it. An operation may be tried again under its name. */
  async attempt(operation: string, act: () => Promise<Answer>): Promise<Outcome> {
    this.note({ operation, said: 'intent' });
    const outcome = await act().then(outcomeOf, (error: unknown): Outcome => {
      if (error instanceof ConnectionBroken) return 'unknown';
      throw error;
    });
    this.note({ operation, said: outcome });
    return outcome;
  }

  /** Operations by what is known of them: acknowledged once is acknowledged; never answered clearly is unknown. */
  outcomes(): Map<string, Outcome> {
    const known = new Map<string, Outcome>();
    for (const text of readFileSync(this.file, 'utf8').split('\n').filter(Boolean)) {
      const { operation, said } = JSON.parse(text) as Line;
      const before = known.get(operation);
      if (before === 'acknowledged') continue;
      if (said === 'intent') known.set(operation, before ?? 'unknown');
      else known.set(operation, said === 'refused' && before === 'unknown' ? 'unknown' : said);
    }
    return known;
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private note(line: Line): void {
    writeSync(this.descriptor, `${JSON.stringify(line)}\n`);
    fsyncSync(this.descriptor);
  }
}

function outcomeOf({ status }: Answer): Outcome {
  if (status >= 200 && status < 300) return 'acknowledged';
  return status >= 500 ? 'unknown' : 'refused';
}
