const minute = 60;

/** A sign-in holds for a working day at most; then the password is asked again. NIST SP 800-63B-4 §2.3.3, as for AAL3. In seconds. */
export const SIGN_IN_SECONDS = 12 * 60 * minute;
/** And for so long without anything being asked of the issuer: whoever works renews a token every few minutes. */
const IDLE_SECONDS = 15 * minute;

/**
 * How long a sign-in holds from now on if it is not used again, in seconds, at least 1.
 * @param signedInAt seconds since the epoch; undefined before anybody has signed in
 */
export function secondsLeft(signedInAt: number | undefined, now: Date): number {
  const whole = signedInAt === undefined ? SIGN_IN_SECONDS : signedInAt + SIGN_IN_SECONDS - now.getTime() / 1000;
  return Math.max(1, Math.min(IDLE_SECONDS, Math.floor(whole)));
}
