import { AgreementDetail, type AppointOfficer, TeamDetail } from '#domain/contract';
import type { AgreementId, TeamId } from '#domain/evidence';
import type { Agreement, AgreementWord, GeneralJws } from '#domain/manifest';
import type { Caller } from './caller.js';

/** Agreements: drafted, revised, signed by each party, amended, suspended and ended; and the teams they create. */
export function agreementCalls(caller: Caller) {
  const at = (id: AgreementId) => `/v1/agreements/${id}`;
  const change = (id: AgreementId, verb: string, json: unknown, method: 'POST' | 'PUT' = 'POST') =>
    caller.change(AgreementDetail, at(id), { method, path: `${at(id)}/${verb}`, json });
  return {
    list: () => caller.all(AgreementDetail, { method: 'GET', path: '/v1/agreements', query: { limit: 200 } }),
    show: (id: AgreementId) => caller.json(AgreementDetail, { method: 'GET', path: at(id) }),
    draft: (draft: Agreement) =>
      caller.json(AgreementDetail, { method: 'POST', path: '/v1/agreements', json: { draft } }),
    revise: (id: AgreementId, draft: Agreement) => change(id, 'draft', { draft }, 'PUT'),
    amend: (id: AgreementId, draft: Agreement) => change(id, 'amendments', { draft }),
    sign: (id: AgreementId, signature: GeneralJws['signatures'][number]) => change(id, 'signatures', { signature }),
    /** A party's signed word on what is in force. */
    say: (id: AgreementId, act: AgreementWord['act'], word: GeneralJws) => change(id, act, { word }),
    team: (id: TeamId) => caller.json(TeamDetail, { method: 'GET', path: `/v1/teams/${id}` }),
    appoint: (id: TeamId, json: AppointOfficer) =>
      caller.json(TeamDetail, { method: 'PUT', path: `/v1/teams/${id}/appointments`, json }),
  };
}
