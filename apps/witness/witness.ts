import {
  cosignNote,
  emptyRoot,
  formatNote,
  openNote,
  parseCheckpoint,
  parseNote,
  ProofError,
  verifyGrowth,
  type Checkpoint,
  type NoteSignature,
  type SigningKey,
  type VerifierKey,
} from '#domain/merkle';
import { parseAddCheckpointRequest, type AddCheckpointRequest } from './add-checkpoint-request.js';
import { ByTurns } from './by-turns.js';
import type { ConflictShelf } from './conflict-shelf.js';
import { faultPoint } from './fault-point.js';
import type { HeldHead } from './held-head.js';
import { CLOCK_STEP_SECONDS_AT_MOST } from './limits.js';
import type { Memory } from './memory.js';
import { Refusal } from './refusal.js';
import { seenConflict, type ConflictKind, type SeenConflict } from './seen-conflict.js';

/** What a witness works with. */
export interface WitnessParts {
  readonly keys: readonly SigningKey[];
  readonly logs: ReadonlyMap<string, readonly VerifierKey[]>;
  readonly memory: Memory;
  readonly conflicts: ConflictShelf;
  readonly now: () => Date;
  /** Told of a conflict that was not known. */
  readonly onConflict: (conflict: SeenConflict) => void;
}

/** A head that was cosigned, and what to answer. */
export interface Cosigned {
  readonly head: HeldHead;
  /** Signature lines, one for each key that signs such a checkpoint. */
  readonly lines: string;
}

/** Its log signed it; the note has the log's signatures alone. */
interface ShownHead extends Checkpoint {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
  readonly note: Uint8Array;
}

/** Cosigns what grows, once it is remembered; and nothing else. C2SP tlog-witness v1.0.0, tlog-cosignature v1.1. */
export class Witness {
  readonly #parts: WitnessParts;
  readonly #turns = new ByTurns();

  constructor(parts: WitnessParts) {
    this.#parts = parts;
  }

  /**
   * Answers `add-checkpoint`: verifies, persists, and only then gives out the cosignature. What it holds for the log never
   * shrinks and never changes its past.
   * @throws Refusal with what is held unchanged; UncertainWrite when the process must end
   */
  async addCheckpoint(body: Uint8Array): Promise<Cosigned> {
    const request = parseAddCheckpointRequest(body);
    const shown = this.#verified(request.note);
    if (request.oldSize > shown.size) {
      throw new Refusal('old-size-too-large', 'the old size is larger than the size of the checkpoint');
    }
    // From the look at what is held to what is held next, nobody else of this log comes between.
    return this.#turns.run(shown.origin, () => this.#decide(request, shown));
  }

  async #decide({ oldSize, proof }: AddCheckpointRequest, shown: ShownHead): Promise<Cosigned> {
    const { memory, conflicts } = this.#parts;
    const held = memory.held(shown.origin);
    if (shown.size === 0 && !equal(shown.root, emptyRoot())) {
      throw new Refusal('bad-proof', 'an empty log has the root of the empty tree');
    }
    const forked = held !== undefined && shown.size === held.size && !equal(shown.root, held.root);
    if (forked) await this.#keep('fork', held, shown, proof);
    const heldSize = held?.size ?? 0;
    if (oldSize !== heldSize) {
      throw new Refusal('other-size-held', `the size that was cosigned last is ${heldSize}`, heldSize);
    }
    if (forked) throw new Refusal('other-root', `size ${heldSize} was cosigned with another root: see /conflicts`);
    try {
      verifyGrowth(held ?? { size: 0, root: emptyRoot() }, shown, proof);
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
      if (held !== undefined && 0 < held.size && held.size < shown.size) {
        await this.#keep('unproven-growth', held, shown, proof);
      }
      throw new Refusal('bad-proof', `the checkpoint is not shown to have grown: ${error.message}`);
    }
    const cosigned = this.#cosign(shown, held);
    faultPoint('checked');
    await memory.replace(held, cosigned.head);
    await conflicts.clear(shown);
    faultPoint('before-answer');
    return cosigned;
  }

  /** From cheap to costly: the note's shape, the checkpoint's, whose it is, then the signatures. */
  #verified(note: Uint8Array): ShownHead {
    const { origin, size, root, text } = checkpointOf(note);
    const trusted = this.#parts.logs.get(origin);
    if (trusted === undefined) throw new Refusal('unknown-log', 'this witness does not know the log');
    try {
      openNote(note, trusted);
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
      // Extension lines under a signature that does not cover them.
      throw new Refusal(error.code === 'extension-lines' ? 'malformed-request' : 'bad-signature', error.message);
    }
    // Nobody vouches for the rest: what is not verified is not kept.
    const known = new Map(trusted.map(({ name, id }) => [`${name}+${id}`, null as NoteSignature | null]));
    for (const signature of parseNote(note).signatures) {
      const key = `${signature.name}+${signature.keyId}`;
      if (known.get(key) === null) known.set(key, signature);
    }
    const signatures = [...known.values()].filter((signature) => signature !== null);
    return { origin, size, root, text, signatures, note: formatNote({ text, signatures }) };
  }

  #cosign({ origin, size, root, text, signatures }: ShownHead, held: HeldHead | undefined): Cosigned {
    const cosignedAtSeconds = this.#secondsAfter(held?.cosignedAtSeconds ?? 1);
    const able = this.#parts.keys.filter(({ verifier }) => verifier.type !== 'ml-dsa-44' || !hasExtensionLines(text));
    if (able.length === 0) throw new Refusal('malformed-request', 'no key of this witness signs extension lines');
    const own = able.map((key) => cosignNote(text, key, cosignedAtSeconds));
    const lines = new TextDecoder().decode(formatNote({ text, signatures: own })).slice(text.length + 1);
    const note = formatNote({ text, signatures: [...signatures, ...own] });
    return { head: { origin, size, root, cosignedAtSeconds, note }, lines };
  }

  /** A cosignature says that at its time no larger tree was seen: a later one never has an earlier time. */
  #secondsAfter(last: number): number {
    const now = Math.floor(this.#parts.now().getTime() / 1000);
    if (now + CLOCK_STEP_SECONDS_AT_MOST < last) {
      throw new Refusal('clock-behind', 'the clock of this witness is behind what it signed before');
    }
    return Math.max(now, last);
  }

  async #keep(kind: ConflictKind, held: HeldHead, shown: ShownHead, proof: readonly Uint8Array[]): Promise<void> {
    const conflict = seenConflict(kind, held, shown, proof, this.#parts.now());
    if (await this.#parts.conflicts.keep(conflict)) this.#parts.onConflict(conflict);
  }
}

function checkpointOf(note: Uint8Array): Checkpoint & { readonly text: string } {
  try {
    const { text } = parseNote(note);
    return { ...parseCheckpoint(text), text };
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    throw new Refusal('malformed-request', error.message);
  }
}

/** Lines after the root, which signatures of ML-DSA-44 do not cover. */
const hasExtensionLines = (text: string) => text.split('\n').length > 4;
const equal = (a: Uint8Array, b: Uint8Array) => Buffer.from(a).equals(b);
