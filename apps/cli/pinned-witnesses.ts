import { z } from 'zod';
import { type LogPolicy, type VerifierKey, formatLogPolicy, parseLogPolicy, parseVerifierKey } from '#domain/merkle';
import { type Home, parseJson } from './node/home.js';
import { readFileIfThere, writePrivateFile } from './node/private-file.js';

/** A witness that somebody on this machine decided to trust, with the key that its operator made known. */
export interface PinnedWitness {
  readonly name: string;
  readonly verifierKey: string;
  readonly url: string;
}

const Pinned = z.array(z.strictObject({ name: z.string(), verifierKey: z.string(), url: z.url() }));

/** The witnesses of one log that are trusted here. Never filled by the log or by its platform: `amana log witness add` alone writes it. */
export class PinnedWitnesses {
  readonly #path: string;

  constructor(home: Home, origin: string) {
    this.#path = home.witnessesPath(origin);
  }

  read(): PinnedWitness[] {
    const bytes = readFileIfThere(this.#path);
    return bytes === null ? [] : Pinned.parse(parseJson(bytes));
  }

  /** Pins a witness, or gives one that is pinned another address. */
  pin(witness: PinnedWitness): void {
    const others = this.read().filter(({ verifierKey }) => verifierKey !== witness.verifierKey);
    writePrivateFile(this.#path, `${JSON.stringify([...others, witness], null, 2)}\n`);
  }

  /** Has another log be judged by these witnesses too. */
  copyTo(other: PinnedWitnesses): void {
    for (const witness of this.read()) other.pin(witness);
  }

  /** The log under its key and a quorum of these witnesses; null when none is pinned. One operator a name. */
  policy(log: VerifierKey | readonly VerifierKey[]): LogPolicy | null {
    const pinned = this.read();
    if (pinned.length === 0) return null;
    const names = [...new Set(pinned.map(({ name }) => name))];
    const operators = names.map((name) => ({
      name: encodeURIComponent(name),
      witnesses: pinned
        .filter((witness) => witness.name === name)
        .map(({ verifierKey, url }) => ({ key: parseVerifierKey(verifierKey), url })),
    }));
    return parseLogPolicy(new TextEncoder().encode(formatLogPolicy(log, { operators })));
  }
}
