import { createHash, randomBytes } from 'node:crypto';

/** A token of an invitation, and what the platform is told of it. */
export function newInvitationToken(): { readonly token: string; readonly tokenSha256: string } {
  const bytes = randomBytes(32);
  return { token: bytes.toString('base64url'), tokenSha256: createHash('sha256').update(bytes).digest('hex') };
}
