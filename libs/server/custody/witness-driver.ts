import { setTimeout as delay } from 'node:timers/promises';
import {
  formatNote,
  openNote,
  parseNote,
  parseSignatureLines,
  proveConsistency,
  type VerifierKey,
} from '#domain/merkle';
import { earlierRoot } from './earlier-root.js';
import { LogError } from './log-error.js';
import type { OfficeWitnesses } from './log-office.js';
import type { LogSession } from './log-session.js';
import type { LogStore } from './log-store.js';
import { nodeSha256 } from './node-hashes.js';
import type { HeldHead } from './publisher.js';
import { openOwnHead, type SignedHead } from './signed-head.js';
import { type Fetch, WitnessClient } from './witness-client.js';
import { keepCosignature, noteFault, readWitnesses, type Witness } from './witness-rows.js';

export interface WitnessDriverParts {
  /** The log's key; its name is the origin. */
  readonly key: VerifierKey;
  readonly fetch?: Fetch;
  readonly random?: () => number;
  readonly observer?: WitnessObserver;
  /** Puts a conflict on the record before the log stops for it. */
  readonly onConflict?: (words: string) => Promise<void>;
}

export interface WitnessObserver {
  cosigned?(witness: string, size: number): void;
  hindered?(witness: string, why: string): void;
}

/** How often witnesses that were added are noticed, and what is left undone is looked for. */
const LOOK_EVERY_MS = 1000;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 60_000;

/** What is known of a witness while an office is held. */
interface Standing {
  held: number;
  failures: number;
  restsUntil: number;
  busy: boolean;
}

/**
 * Has heads cosigned: each witness is asked by itself, for the newest published head, with a proof from the head it holds. One that is
 * slow or away delays neither publishing nor another. A cosignature is verified before it is kept. A witness that shows a head under our
 * own key which ours contradict stops the log: it is what a rollback or a fork looks like.
 */
export class WitnessDriver implements OfficeWitnesses {
  private contrary: HeldHead | null = null;
  /** Of the office that is served now. */
  private ending: AbortSignal = new AbortController().signal;
  private newest: SignedHead | null = null;
  /** Whether something happened since the last look. */
  private stirred = false;
  private waking: () => void = () => undefined;

  constructor(private readonly parts: WitnessDriverParts) {}

  contradiction(): HeldHead | null {
    return this.contrary;
  }

  published(head: SignedHead): void {
    this.newest = head;
    this.wake();
  }

  async heldHeads(session: Pick<LogSession, 'query'>): Promise<HeldHead[]> {
    const { key } = this.parts;
    this.ending = new AbortController().signal;
    const asked = (await readWitnesses(session)).map(async (witness): Promise<HeldHead[]> => {
      const note = await this.clientOf(witness).latest(key.name);
      const by = `witness ${witness.name}`;
      return note === null ? [] : [{ by, head: openOwnHead(note, key, `what ${by} holds`) }];
    });
    // One that is away, or shows what we never signed, says nothing about us.
    return (await Promise.allSettled(asked)).flatMap((held) => (held.status === 'fulfilled' ? held.value : []));
  }

  async drive(session: LogSession, store: LogStore, ending: AbortSignal): Promise<void> {
    this.ending = ending;
    const standings = new Map<string, Standing>();
    const running = new Set<Promise<void>>();
    this.newest = await this.newestPublished(session);
    while (!ending.aborted) {
      const head = this.newest;
      for (const witness of head ? await readWitnesses(session) : []) {
        const standing = standings.get(witness.verifierKey) ?? newStanding(witness);
        standings.set(witness.verifierKey, standing);
        if (!head || standing.busy || standing.held >= head.size || Date.now() < standing.restsUntil) continue;
        const turn = this.turn(session, store, witness, standing, head).finally(() => running.delete(turn));
        running.add(turn);
      }
      await this.nextLook(ending);
    }
    await Promise.all(running);
  }

  /** One attempt; whatever becomes of it, it is over in bounded time and never throws for a witness. */
  private async turn(
    session: LogSession,
    store: LogStore,
    witness: Witness,
    standing: Standing,
    head: SignedHead,
  ): Promise<void> {
    standing.busy = true;
    try {
      await keepCosignature(session, witness, head.size, await this.cosigned(session, store, witness, standing, head));
      standing.held = head.size;
      standing.failures = 0;
      this.parts.observer?.cosigned?.(witness.name, head.size);
    } catch (error) {
      const why = error instanceof Error ? error.message : 'no answer';
      const ceiling = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** standing.failures);
      standing.failures += 1;
      standing.restsUntil = Date.now() + ceiling * (0.5 + (this.parts.random ?? Math.random)() / 2);
      this.parts.observer?.hindered?.(witness.name, why);
      await noteFault(session, witness, why, error instanceof Conflict ? why : null).catch(() => undefined);
    } finally {
      standing.busy = false;
      this.wake();
    }
  }

  /** The witness's verified signature line over the head. @throws Error that says why there is none; Conflict */
  private async cosigned(
    session: LogSession,
    store: LogStore,
    witness: Witness,
    standing: Standing,
    head: SignedHead,
  ): Promise<string> {
    const client = this.clientOf(witness);
    for (let retried = false; ; retried = true) {
      const old = standing.held;
      const answer = await client.addCheckpoint(
        old,
        await proveConsistency(old, head.size, store, nodeSha256),
        head.note,
      );
      if (answer.kind === 'cosigned') return verifiedLine(head, answer.lines, witness.key);
      if (answer.kind === 'refused') throw new Error(`it answered ${answer.status}`);
      if (answer.kind === 'contradicted' || answer.size > head.size || answer.size === old) {
        await this.compare(session, store, witness);
        throw new Error(
          answer.kind === 'contradicted'
            ? 'it says that the proof does not lead from what it holds'
            : `it says that it holds another head over ${answer.size} entries`,
        );
      }
      if (retried) throw new Error('it holds another head each time it is asked');
      standing.held = answer.size;
    }
  }

  /** Looks at what the witness holds under our key. @throws Conflict when it contradicts what is committed here */
  private async compare(session: LogSession, store: LogStore, witness: Witness): Promise<void> {
    const { key } = this.parts;
    const note = await this.clientOf(witness).latest(key.name);
    if (note === null) return;
    const by = `witness ${witness.name}`;
    let head: SignedHead;
    try {
      head = openOwnHead(note, key, `what ${by} holds`);
    } catch (error) {
      if (error instanceof LogError) throw new Error('it shows a head that is not under our key', { cause: error });
      throw error;
    }
    const [state] = await session.query<{ size: string }>('SELECT size FROM amana.log_state');
    const ahead = head.size > Number(state?.size ?? 0);
    const published = this.newest?.size ?? 0;
    if (!ahead && head.size > published) return;
    if (!ahead && Buffer.from(await earlierRoot(head.size, published, store)).equals(head.root)) return;
    const words = `${by} holds a head under our key that ours contradict: ${head.size} entries, root ${Buffer.from(head.root).toString('hex')}`;
    await this.parts.onConflict?.(words);
    this.contrary = { by, head };
    throw new Conflict(words);
  }

  private wake(): void {
    this.stirred = true;
    this.waking();
  }

  private clientOf({ url }: Witness): WitnessClient {
    return new WitnessClient(url, this.parts.fetch ?? fetch, this.ending);
  }

  private async newestPublished(session: LogSession): Promise<SignedHead | null> {
    const [row] = await session.query<{ note: string }>(
      'SELECT note FROM amana.log_checkpoint ORDER BY size DESC LIMIT 1',
    );
    return row ? openOwnHead(Buffer.from(row.note, 'utf8'), this.parts.key, 'the published checkpoint') : null;
  }

  private async nextLook(ending: AbortSignal): Promise<void> {
    if (!this.stirred) {
      const woken = new AbortController();
      this.waking = () => {
        woken.abort();
      };
      await delay(LOOK_EVERY_MS, undefined, { signal: AbortSignal.any([ending, woken.signal]) }).catch(() => undefined);
    }
    this.stirred = false;
  }
}

/** A witness holds a head of ours that cannot be true together with ours. */
class Conflict extends Error {
  override readonly name = 'Conflict';
}

const newStanding = ({ size }: Witness): Standing => ({ held: size, failures: 0, restsUntil: 0, busy: false });

/** @throws ProofError unless the witness itself signed this very head */
function verifiedLine({ note }: SignedHead, lines: string, key: VerifierKey): string {
  openNote(Buffer.concat([note, Buffer.from(lines, 'utf8')]), [key]);
  const own = parseSignatureLines(lines).filter(({ name, keyId }) => name === key.name && keyId === key.id);
  const { text } = parseNote(note);
  return Buffer.from(formatNote({ text, signatures: own.slice(0, 1) }))
    .toString('utf8')
    .slice(text.length + 1);
}
