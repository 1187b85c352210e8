import { z } from 'zod';
import {
  ExhibitDetail,
  ExhibitTimestampsView,
  ExhibitView,
  IntakeReceipt,
  type RegisterExhibit,
  type SubmitManifest,
} from '#domain/contract';
import type { ExhibitId } from '#domain/evidence';
import type { Caller } from './caller.js';
import { TRANSFER_PATIENCE } from './retry.js';

/** Exhibits: registered, described, held. */
export function exhibitCalls(caller: Caller) {
  const change = (id: ExhibitId, verb: 'hold' | 'release', reason: string, etag: string) =>
    caller.json(ExhibitView, {
      method: 'POST',
      path: `/v1/exhibits/${id}/${verb}`,
      json: { reason },
      headers: { 'if-match': etag },
    });
  return {
    /** Idempotent by the exhibit's id: the same again answers the same. */
    register: (json: RegisterExhibit) => caller.json(ExhibitView, { method: 'POST', path: '/v1/exhibits', json }),
    list: (query: { number?: string | undefined } = {}) =>
      caller.all(ExhibitView, { method: 'GET', path: '/v1/exhibits', query: { ...query, limit: 200 } }),
    /** The exhibit and the entity tag for `hold` and `release`. */
    async show(id: ExhibitId): Promise<{ exhibit: ExhibitDetail; etag: string }> {
      const { value, etag } = await caller.tagged(ExhibitDetail, { method: 'GET', path: `/v1/exhibits/${id}` });
      return { exhibit: value, etag: etag ?? `"${value.version}"` };
    },
    /** Ends an upload, and so outlasts a restart of the server. */
    submitManifest: (id: ExhibitId, json: z.infer<typeof SubmitManifest>) =>
      caller.json(ExhibitView, {
        method: 'POST',
        path: `/v1/exhibits/${id}/manifest`,
        json,
        patience: TRANSFER_PATIENCE,
      }),
    hold: (id: ExhibitId, reason: string, etag: string) => change(id, 'hold', reason, etag),
    release: (id: ExhibitId, reason: string, etag: string) => change(id, 'release', reason, etag),
    /** The timestamp of the manifest, and the roots it leads to. Read by others than the holder it is an event. */
    timestamps: (id: ExhibitId) =>
      caller.json(ExhibitTimestampsView, { method: 'GET', path: `/v1/exhibits/${id}/timestamps` }),
    /** @throws ApiError 'conflict' until the platform has sealed it */
    receipt: (id: ExhibitId) => caller.json(IntakeReceipt, { method: 'GET', path: `/v1/exhibits/${id}/receipt` }),
  };
}
