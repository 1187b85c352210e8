export { finishSignIn, refresh, startSignIn, type PendingSignIn, type SignInClient, type Tokens } from './code-flow.js';
export { signInWithPassword, type PasswordSignIn } from './password-form.js';
export { SignInError, type SignInErrorCode } from './sign-in-error.js';
