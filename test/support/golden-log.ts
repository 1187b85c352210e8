import { commitmentOf, entryOf, toBase64, type CustodyEvent, type CustodyStatement } from '#domain/custody';
import { EventId } from '#domain/evidence';
import { canonicalJson } from '#domain/manifest';
import {
  RightEdge,
  TILE_WIDTH,
  encodeEntryBundle,
  formatCheckpoint,
  formatTlogProof,
  growTree,
  leafHash,
  proveInclusion,
  signNote,
  type SigningKey,
} from '#domain/merkle';
import type { PackagedEvent, RecordLine } from '#domain/package';
import { seededBytes, uuid } from './golden-keys.js';
import { TileShelf } from './tile-shelf.js';

/** Events of other exhibits before each of ours. */
const STRANGERS = 2;

/**
 * The events of one exhibit, as the platform would append them, and a log that has them among those of others: its place `n` is
 * that of our event `n / 3` when `n % 3` is 2.
 */
export function appendAll(statements: readonly CustodyStatement[]): RecordLine[] {
  let previous: string | null = null;
  return statements.map((statement, at) => {
    const event: CustodyEvent = {
      ...statement,
      schema: 'custody-event/v1',
      id: EventId.parse(uuid(1000 + at)),
      at: new Date(Date.UTC(2026, 10, 20, 16, at)).toISOString(),
      zone: 'UTC',
      caseSeq: at + 1,
      prevCaseCommitment: previous,
      exhibitSeq: at + 1,
      prevExhibitCommitment: previous,
      software: 'amana 0.1.0',
    };
    const line = recordLine(at * (STRANGERS + 1) + STRANGERS, canonicalJson(event));
    previous = toBase64(commitmentOf(line.salt, line.body));
    return line;
  });
}

/** A line for a body, its salt made of the index. */
export function recordLine(index: number, body: Uint8Array): RecordLine {
  return { index, salt: seededBytes(`salt ${index}`, 32), body };
}

/** A log with these events at their indexes, between entries of others. */
export class GoldenLog {
  readonly #tiles = new TileShelf();
  readonly #entries: readonly Uint8Array[];
  readonly #edge: RightEdge;

  constructor(lines: readonly RecordLine[], strangersAfter = 4) {
    const own = new Map(lines.map((line) => [line.index, entryOf(commitmentOf(line.salt, line.body))]));
    const size = Math.max(-1, ...own.keys()) + 1 + strangersAfter;
    const entries = Array.from(
      { length: size },
      (_, index) => own.get(index) ?? entryOf(seededBytes(`stranger ${index}`, 32)),
    );
    const { edge, tiles } = growTree(
      new RightEdge(),
      [],
      entries.map((entry) => leafHash(entry)),
    );
    this.#entries = entries;
    this.#tiles.put(tiles);
    this.#edge = edge;
  }

  get size(): number {
    return this.#edge.size;
  }

  readTile(level: number, index: number, width: number): Promise<Uint8Array> {
    return this.#tiles.readTile(level, index, width);
  }

  readEntryBundle(index: number, width: number): Promise<Uint8Array> {
    return Promise.resolve(encodeEntryBundle(this.#entries.slice(index * TILE_WIDTH, index * TILE_WIDTH + width)));
  }

  checkpoint(key: SigningKey): Uint8Array {
    return this.note(key, formatCheckpoint({ origin: key.verifier.name, size: this.size, root: this.#edge.root() }));
  }

  note(key: SigningKey, text: string): Uint8Array {
    return signNote(text, [key]);
  }

  prove(index: number): Promise<Uint8Array[]> {
    return proveInclusion(index, this.size, this.#tiles);
  }

  /** The lines, each with its proof under a checkpoint. */
  async packaged(lines: readonly RecordLine[], checkpoint: Uint8Array): Promise<PackagedEvent[]> {
    const proofs = lines.map(async (line) => {
      const proof = formatTlogProof({ index: line.index, hashes: await this.prove(line.index), checkpoint });
      return { ...line, proof };
    });
    return Promise.all(proofs);
  }
}
