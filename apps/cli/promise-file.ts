import { appendFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { KeptPromise } from '#client/log';
import { peekPromise, PromiseError } from '#domain/custody';
import type { Home } from './node/home.js';
import { parseJson } from './node/home.js';
import { makePrivateFolder, readFileIfThere, writePrivateFile } from './node/private-file.js';

const Line = z.strictObject({ note: z.base64(), afterSize: z.int().min(0) });
const Heads = z.array(z.object({ size: z.int().min(0) }));

/** The promises of inclusion that were made to who uses this machine, by log, until the log has what was promised. */
export class PromiseFile {
  readonly #home: Home;

  constructor(home: Home) {
    this.#home = home;
  }

  /** Keeps promises as they come. What is no promise is not kept: it would be evidence of nothing. */
  keep(notes: readonly Uint8Array[]): void {
    for (const note of notes) {
      let origin: string;
      try {
        origin = peekPromise(note).origin;
      } catch (error) {
        if (error instanceof PromiseError) continue;
        throw error;
      }
      const line = { note: Buffer.from(note).toString('base64'), afterSize: this.#lastSeenSize(origin) };
      const path = this.#home.promisesPath(origin);
      makePrivateFolder(dirname(path));
      appendFileSync(path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    }
  }

  read(origin: string): KeptPromise[] {
    const lines = readFileIfThere(this.#home.promisesPath(origin))?.toString().split('\n') ?? [];
    return lines.flatMap((line) => Line.safeParse(parseJson(Buffer.from(line))).data ?? []);
  }

  /** Drops promises that were kept by the platform; those that came meanwhile stay. */
  settle(origin: string, settled: readonly KeptPromise[]): void {
    const notes = new Set(settled.map(({ note }) => note));
    const left = this.read(origin).filter(({ note }) => !notes.has(note));
    writePrivateFile(this.#home.promisesPath(origin), left.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  #lastSeenSize(origin: string): number {
    const bytes = readFileIfThere(this.#home.headsPath(origin));
    return (bytes === null ? undefined : Heads.safeParse(parseJson(bytes)).data?.at(-1)?.size) ?? 0;
  }
}
