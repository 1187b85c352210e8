export {
  finishSignIn,
  refresh,
  signOut,
  startSignIn,
  type PendingSignIn,
  type SignInClient,
  type Tokens,
} from './code-flow.js';
export { signInWithPassword, type PasswordSignIn } from './password-form.js';
export { ProofKey, type ProvedRequest } from './proof-key.js';
export { SignInError, type SignInErrorCode } from './sign-in-error.js';
