export { finishSignIn, refresh, signOut, startSignIn, type PendingSignIn } from './code-flow.js';
export { signInOnDevice, type DeviceCode } from './device-flow.js';
export type { SignInClient, Tokens } from './issuer.js';
export { signInWithPassword, type PasswordSignIn } from './password-form.js';
export { ProofKey, type ProvedRequest } from './proof-key.js';
export { SignInError, type SignInErrorCode } from './sign-in-error.js';
