export { actingAs } from './acting.js';
export { Authority, denialOf, refusal, roleOf, type Authorised } from './authority.js';
export { AuthorityModule } from './authority.module.js';
export { exhibitFacts, grantById, grantsReachingAny, type ExhibitInCase } from './facts.js';
