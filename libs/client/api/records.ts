import { z } from 'zod';
import {
  ErasedEventView,
  ErasureView,
  EventView,
  type ProposeErasure,
  RecordedEventView,
  type RecordFinding,
  ReviewView,
} from '#domain/contract';
import type { ErasureId, EventId, ExhibitId, ReviewId } from '#domain/evidence';
import { PublicJwk } from '#domain/manifest';
import type { Caller } from './caller.js';

/** An event as it is kept, unread: what an attacker made of it is for the log to tell. */
const EventBytes = z.union([
  EventView.pick({ index: true, salt: true, body: true }),
  ErasedEventView.pick({ index: true, commitment: true }),
]);

/** The record and its review. */
export function recordCalls(caller: Caller) {
  const step = (id: ReviewId, verb: string, json: unknown) =>
    caller.change(ReviewView, `/v1/reviews/${id}`, { method: 'POST', path: `/v1/reviews/${id}/${verb}`, json });
  const decideErasure = (id: ErasureId, verb: string, json: unknown) =>
    caller.change(ErasureView, `/v1/erasures/${id}`, { method: 'POST', path: `/v1/erasures/${id}/${verb}`, json });
  return {
    /**
     * Events in the order of their index, for those entitled to read them; of erased ones their commitment, and what erased them. Reading is
     * itself an event.
     */
    events: (exhibitId?: ExhibitId) =>
      caller.all(RecordedEventView, { method: 'GET', path: '/v1/events', query: { exhibitId, limit: 1000 } }),
    /**
     * The exact bytes of every event that the officer may read, in the order of the log, whether or not they are still an event. Reading
     * is itself an event.
     */
    eventBytes: () => caller.all(EventBytes, { method: 'GET', path: '/v1/events', query: { limit: 1000 } }),
    /** c2sp.org/tlog-proof@v1 */
    proof: (id: EventId) => caller.text({ method: 'GET', path: `/v1/events/${id}/proof`, accept: 'text/plain' }),

    proposeErasure: (id: EventId, json: ProposeErasure) =>
      caller.json(ErasureView, { method: 'POST', path: `/v1/events/${id}/erasure`, json }),
    erasures: () => caller.all(ErasureView, { method: 'GET', path: '/v1/erasures', query: { limit: 200 } }),
    approveErasure: (id: ErasureId) => decideErasure(id, 'approval', {}),
    refuseErasure: (id: ErasureId, reason: string) => decideErasure(id, 'refusal', { reason }),

    reviews: () => caller.all(ReviewView, { method: 'GET', path: '/v1/reviews', query: { limit: 200 } }),
    claimReview: (id: ReviewId) => step(id, 'claim', {}),
    recordFinding: (id: ReviewId, json: RecordFinding) => step(id, 'findings', json),
    /** The reviews as a file. Itself an event. */
    exportReviews: (format: 'csv' | 'jsonl') =>
      caller.bytes({ method: 'GET', path: '/v1/reviews/export', query: { format }, accept: '*/*' }),
  };
}

/** GET /v1: how to reach and check this platform. Unauthenticated: what it says of keys is pinned at the first sign-in. */
export const PlatformView = z.object({
  software: z.string(),
  publicUrl: z.string(),
  issuer: z.string(),
  clientIdCli: z.string(),
  logOrigin: z.string().nullable(),
  /** Of the log, as a verifier key of c2sp.org/signed-note. */
  logVerifierKey: z.string().nullable(),
  /** A second key of the log, of ML-DSA-44, which signs every head beside the first; null where there is none. */
  logMlDsaVerifierKey: z.string().nullable().default(null),
  /** By which manifests are sealed. */
  sealKey: PublicJwk.nullable(),
});
export type PlatformView = z.infer<typeof PlatformView>;
