import type { z } from 'zod';
import {
  AgencyView,
  AgreementView,
  type CertifyOfficer,
  type EnrolKeys,
  OfficerView,
  type PublishAgencyKeys,
  TeamView,
  WhoAmI,
  WrappedAgencyKeys,
} from '#domain/contract';
import type { AgencyId, OfficerId } from '#domain/evidence';
import type { Caller } from './caller.js';

/** People, agencies, and what binds them. */
export function directoryCalls(caller: Caller) {
  return {
    /** Who the access token stands for. */
    whoAmI: () => caller.json(WhoAmI, { method: 'GET', path: '/v1/officers/me' }),
    async enrolKeys(json: EnrolKeys): Promise<OfficerView> {
      const { officer } = await caller.json(WhoAmI, { method: 'GET', path: '/v1/officers/me' });
      const seenAt = `/v1/officers/${officer.id}`;
      return caller.change(OfficerView, seenAt, { method: 'PUT', path: '/v1/officers/me/keys', json });
    },
    officers: () => caller.all(OfficerView, { method: 'GET', path: '/v1/officers', query: { limit: 200 } }),
    certifyOfficer: (id: OfficerId, json: z.infer<typeof CertifyOfficer>) =>
      caller.change(OfficerView, `/v1/officers/${id}`, {
        method: 'POST',
        path: `/v1/officers/${id}/certificate`,
        json,
      }),

    agencies: () => caller.all(AgencyView, { method: 'GET', path: '/v1/agencies', query: { limit: 200 } }),
    agency: (id: AgencyId) => caller.json(AgencyView, { method: 'GET', path: `/v1/agencies/${id}` }),
    publishAgencyKeys: (id: AgencyId, json: z.infer<typeof PublishAgencyKeys>) =>
      caller.change(AgencyView, `/v1/agencies/${id}`, { method: 'PUT', path: `/v1/agencies/${id}/keys`, json }),
    /** The private halves of the own agency's keys, for those officers they are wrapped to. */
    agencyKeys: () => caller.json(WrappedAgencyKeys, { method: 'GET', path: '/v1/agencies/mine/keys' }),

    agreements: () => caller.all(AgreementView, { method: 'GET', path: '/v1/agreements', query: { limit: 200 } }),
    publishAgreement: (instrument: unknown) =>
      caller.json(AgreementView, { method: 'POST', path: '/v1/agreements', json: { instrument } }),
    teams: () => caller.all(TeamView, { method: 'GET', path: '/v1/teams', query: { limit: 200 } }),
  };
}
