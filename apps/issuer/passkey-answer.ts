import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { z } from 'zod';

const bytes = z.string().regex(/^[A-Za-z0-9_-]{1,8192}$/);

const common = { id: bytes, rawId: bytes, type: z.literal('public-key') };
const Assertion = z.strictObject({
  ...common,
  response: z.strictObject({
    clientDataJSON: bytes,
    authenticatorData: bytes,
    signature: bytes,
    userHandle: bytes.optional(),
  }),
});
const Attestation = z.strictObject({
  ...common,
  response: z.strictObject({ clientDataJSON: bytes, attestationObject: bytes }),
});

/** What the page sends of a `get`; undefined for anything else, and for one that was asked for inside another's page. */
export function assertionIn(text: string): AuthenticationResponseJSON | undefined {
  const parsed = Assertion.safeParse(json(text)).data;
  if (!parsed || isFramed(parsed.response.clientDataJSON)) return undefined;
  const { userHandle, ...response } = parsed.response;
  return {
    ...parsed,
    response: { ...response, ...(userHandle !== undefined && { userHandle }) },
    clientExtensionResults: {},
  };
}

/** The same of a `create`. */
export function attestationIn(text: string): RegistrationResponseJSON | undefined {
  const parsed = Attestation.safeParse(json(text)).data;
  if (!parsed || isFramed(parsed.response.clientDataJSON)) return undefined;
  return { ...parsed, clientExtensionResults: {} };
}

function isFramed(clientDataJSON: string): boolean {
  const said = json(Buffer.from(clientDataJSON, 'base64url').toString('utf8'));
  return typeof said !== 'object' || said === null || ('crossOrigin' in said && said.crossOrigin !== false);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
