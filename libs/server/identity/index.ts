export { certifiedKey, type CertifiedKey } from './certified-key.js';
export { PROOF_ALGORITHMS } from './dpop-proof.js';
export { IdentityModule } from './identity.module.js';
export { IssuerUnreachable } from './issuer-keys.js';
export { Logouts } from './logouts.js';
export { Newcomers, type Person } from './newcomers.js';
export { Officers, type SignedInOfficer } from './officers.js';
export { type Presented, type SignIn, SignIns } from './sign-ins.js';
export { TokenError } from './token-error.js';
