import { setTimeout as delay } from 'node:timers/promises';
import { type Api, isProblem } from '#client/api';
import type { EventView } from '#domain/contract';
import type { ExhibitId } from '#domain/evidence';
import { ProofError, type VerifierKey, checkpointVerifier, parseTlogProof } from '#domain/merkle';
import type { PackagedEvent } from '#domain/package';

/** How long the log may take to publish a head that covers an event: its promise is a second. */
const PATIENCE_MS = 60_000;
const POLL_MS = 300;

/** An exhibit's record up to now, every event proven under one head of the log. */
export interface ProvenRecord {
  readonly events: readonly PackagedEvent[];
  /** Signed note. */
  readonly checkpoint: Uint8Array;
}

/**
 * Gathers an exhibit's events with their proofs, all under the same head: when the log grows meanwhile, the proofs are asked for
 * again.
 *
 * @throws ProofError 'malformed-proof' or of a head that the log's key did not sign; ApiError 'unreachable' when none is published
 */
export async function provenRecord(api: Api, exhibitId: ExhibitId, logKey: VerifierKey): Promise<ProvenRecord> {
  const verify = checkpointVerifier({ logs: [{ key: logKey }], witnesses: [], quorum: { kind: 'none' } });
  const until = Date.now() + PATIENCE_MS;
  const events = await sequencedEvents(api, exhibitId, until);
  for (;;) {
    const proofs: { event: EventView & { index: number }; bytes: Uint8Array; checkpoint: Uint8Array }[] = [];
    for (const event of events) {
      const bytes = new TextEncoder().encode(await proofOf(api, event, until));
      proofs.push({ event, bytes, checkpoint: parseTlogProof(bytes).checkpoint });
    }
    const [first] = proofs;
    if (first === undefined) throw new ProofError('malformed-proof', 'the exhibit has no events');
    verify(first.checkpoint);
    if (proofs.every(({ checkpoint }) => Buffer.compare(checkpoint, first.checkpoint) === 0)) {
      return { events: proofs.map(({ event, bytes }) => packaged(event, bytes)), checkpoint: first.checkpoint };
    }
    if (Date.now() >= until)
      throw new ProofError('malformed-proof', 'the log grows faster than its proofs can be gathered');
  }
}

/** All events, once the last that there was at first has its place in the log. */
async function sequencedEvents(
  api: Api,
  exhibitId: ExhibitId,
  until: number,
): Promise<(EventView & { index: number })[]> {
  for (;;) {
    const events: EventView[] = [];
    for await (const event of api.records.events(exhibitId)) events.push(event);
    const sequenced = events.filter((event): event is EventView & { index: number } => event.index !== null);
    // Reading the record may itself be an event that waits; what comes after the first gap is left for another package.
    const whole = events.findIndex(({ index }) => index === null);
    if (whole < 0 || Date.now() >= until) return sequenced;
    if (whole > 0 && events.slice(whole).every(({ event }) => event.kind === 'record-read')) return sequenced;
    await delay(POLL_MS);
  }
}

/** The proof of an event; waits until a published head covers it. */
async function proofOf(api: Api, { id }: EventView, until: number): Promise<string> {
  for (;;) {
    try {
      return await api.records.proof(id);
    } catch (error) {
      if (!isProblem(error, 'conflict') || Date.now() >= until) throw error;
      await delay(POLL_MS);
    }
  }
}

function packaged({ index, salt, body }: EventView & { index: number }, proof: Uint8Array): PackagedEvent {
  return { index, salt: Buffer.from(salt, 'base64'), body: Buffer.from(body, 'base64'), proof };
}
