import type { CustodyEvent } from './event.js';
import { commitmentOf } from './commitment.js';

/** An event with what is needed to check it: the exact bytes it was hashed as, and its salt. */
export interface ChainedEvent {
  readonly index: number;
  readonly event: CustodyEvent;
  readonly body: Uint8Array;
  readonly salt: Uint8Array;
}

/** An event that was erased: its commitment is what is left of it. */
export interface ErasedLink {
  readonly index: number;
  readonly commitment: Uint8Array;
}

export type ChainFault =
  | { readonly kind: 'gap'; readonly index: number; readonly expectedSeq: number; readonly foundSeq: number }
  | { readonly kind: 'wrong-predecessor'; readonly index: number };

/**
 * Checks one exhibit's events, in the order of their `exhibitSeq`, for omission: numbers contiguous from 1, each naming the
 * commitment of the one before. An event left out, moved or replaced breaks it. One that was erased holds its place, by the commitment that
 * its successor names. @returns the first fault, or null.
 */
export function findExhibitChainFault(events: readonly (ChainedEvent | ErasedLink)[]): ChainFault | null {
  let previous: string | null = null;
  for (const [position, link] of events.entries()) {
    if (!('event' in link)) {
      previous = toBase64(link.commitment);
      continue;
    }
    const { index, event, body, salt } = link;
    const expectedSeq = position + 1;
    if (event.exhibitSeq !== expectedSeq) return { kind: 'gap', index, expectedSeq, foundSeq: event.exhibitSeq ?? 0 };
    if (event.prevExhibitCommitment !== previous) return { kind: 'wrong-predecessor', index };
    previous = toBase64(commitmentOf(salt, body));
  }
  return null;
}

/** Standard base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
