export { certifiedKey, type CertifiedKey } from './certified-key.js';
export { IdentityModule } from './identity.module.js';
export { Officers, type SignedInOfficer } from './officers.js';
export { IssuerUnreachable } from './issuer-keys.js';
export { TokenError, TokenVerifier, type Subject } from './token-verifier.js';
