import type { z } from 'zod';
import {
  type AcceptInvitation,
  type AddOfficer,
  AgencyDetail,
  type AgencySearch,
  AgencyView,
  AgreementView,
  type CertifyOfficer,
  type ChangeAgency,
  type ChangeRoles,
  type EnrolKeys,
  HeldFileKey,
  InvitationView,
  type InviteAgency,
  OfficerView,
  type PublishAgencyKeys,
  type RewrapFileKeys,
  Rewrapped,
  type RotateAgencyKeys,
  TeamView,
  WhoAmI,
  WrappedAgencyKeys,
} from '#domain/contract';
import type { AgencyId, OfficerId } from '#domain/evidence';
import type { Caller } from './caller.js';

/** People, agencies, and what binds them. */
export function directoryCalls(caller: Caller) {
  const changeOfficer = (id: OfficerId, what: string, json: unknown = {}) =>
    caller.change(OfficerView, `/v1/officers/${id}`, { method: 'POST', path: `/v1/officers/${id}/${what}`, json });
  const changeAgency = (id: AgencyId, call: { method: 'PATCH' | 'POST'; path: string; json: unknown }) =>
    caller.change(AgencyView, `/v1/agencies/${id}`, { ...call, path: `/v1/agencies/${id}${call.path}` });
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

    addOfficer: (json: AddOfficer) => caller.json(OfficerView, { method: 'POST', path: '/v1/officers', json }),
    changeRoles: (id: OfficerId, json: ChangeRoles) => changeOfficer(id, 'roles', json),
    revokeOfficer: (id: OfficerId) => changeOfficer(id, 'revocation'),
    departOfficer: (id: OfficerId, reason: string) => changeOfficer(id, 'departure', { reason }),
    /** For who signs in for the first time and was added by their address. */
    bindOfficer: (idToken: string) =>
      caller.json(OfficerView, { method: 'POST', path: '/v1/officers/binding', json: { idToken } }),

    agencies: (search: Partial<Omit<AgencySearch, 'limit' | 'cursor'>> = {}) =>
      caller.all(AgencyView, { method: 'GET', path: '/v1/agencies', query: { ...search, limit: 200 } }),
    agency: (id: AgencyId) => caller.json(AgencyView, { method: 'GET', path: `/v1/agencies/${id}` }),
    /** The same with all keys that it ever had. */
    agencyDetail: (id: AgencyId) => caller.json(AgencyDetail, { method: 'GET', path: `/v1/agencies/${id}` }),
    changeAgency: (id: AgencyId, json: ChangeAgency) => changeAgency(id, { method: 'PATCH', path: '', json }),
    rotateAgencyKeys: (id: AgencyId, json: RotateAgencyKeys) =>
      changeAgency(id, { method: 'POST', path: '/rotation', json }),
    /** File keys that are still wrapped to keys which others of the own agency have followed. */
    staleFileKeys: () =>
      caller.all(HeldFileKey, { method: 'GET', path: '/v1/agencies/mine/file-keys', query: { limit: 200 } }),
    rewrapFileKeys: (json: RewrapFileKeys) =>
      caller.json(Rewrapped, { method: 'PUT', path: '/v1/agencies/mine/file-keys', json }),
    inviteAgency: (json: InviteAgency) =>
      caller.json(InvitationView, { method: 'POST', path: '/v1/invitations', json }),
    invitations: () => caller.all(InvitationView, { method: 'GET', path: '/v1/invitations', query: { limit: 200 } }),
    /** For who is invited, signed in at the issuer. */
    inspectInvitation: (token: string) =>
      caller.json(InvitationView, { method: 'POST', path: '/v1/invitations/inspection', json: { token } }),
    acceptInvitation: (json: AcceptInvitation) =>
      caller.json(OfficerView, { method: 'POST', path: '/v1/invitations/acceptance', json }),
    publishAgencyKeys: (id: AgencyId, json: z.infer<typeof PublishAgencyKeys>) =>
      caller.change(AgencyView, `/v1/agencies/${id}`, { method: 'PUT', path: `/v1/agencies/${id}/keys`, json }),
    /** The private halves of the own agency's keys, for those officers they are wrapped to. */
    agencyKeys: () => caller.json(WrappedAgencyKeys, { method: 'GET', path: '/v1/agencies/mine/keys' }),

    agreements: () => caller.all(AgreementView, { method: 'GET', path: '/v1/agreements', query: { limit: 200 } }),
    /** Signed by every party. */
    publishAgreement: (instrument: unknown) =>
      caller.json(AgreementView, { method: 'POST', path: '/v1/agreements', json: { instrument } }),
    teams: () => caller.all(TeamView, { method: 'GET', path: '/v1/teams', query: { limit: 200 } }),
  };
}
