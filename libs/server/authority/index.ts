export { actingAs, roleOf } from './acting.js';
export { Authority, type Authorised } from './authority.js';
export { AuthorityModule } from './authority.module.js';
export {
  agreementOfTeam,
  exhibitFacts,
  exhibitsFacts,
  grantById,
  grantsReachingAny,
  type ExhibitInCase,
  type VersionedGrant,
} from './facts.js';
export { FilterTeams } from './filter-team.js';
export { denialOf, refusal } from './refusal.js';
