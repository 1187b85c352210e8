import { GrantView, type ProposeGrant } from '#domain/contract';
import type { GrantId } from '#domain/evidence';
import type { Caller } from './caller.js';

/** Grants: proposed, approved by a second officer, accepted by the recipient, revoked. Each step rests on the grant as it is seen then. */
export function grantCalls(caller: Caller) {
  const step = (id: GrantId, verb: string, json: unknown) =>
    caller.change(GrantView, `/v1/grants/${id}`, { method: 'POST', path: `/v1/grants/${id}/${verb}`, json });
  return {
    propose: (json: ProposeGrant) => caller.json(GrantView, { method: 'POST', path: '/v1/grants', json }),
    list: () => caller.all(GrantView, { method: 'GET', path: '/v1/grants', query: { limit: 200 } }),
    show: (id: GrantId) => caller.json(GrantView, { method: 'GET', path: `/v1/grants/${id}` }),
    approve: (id: GrantId) => step(id, 'approval', {}),
    accept: (id: GrantId, undertaking: string) => step(id, 'acceptance', { undertaking }),
    /** At the gate of third states, by an administrator of the team. */
    release: (id: GrantId, reason: string) => step(id, 'release', { reason }),
    refuse: (id: GrantId, reason: string) => step(id, 'refusal', { reason }),
    revoke: (id: GrantId, reason: string) => step(id, 'revocation', { reason }),
  };
}
