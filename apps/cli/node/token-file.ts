import { rmSync } from 'node:fs';
import { z } from 'zod';
import type { Credential, StepUp, TokenSource } from '#client/api';
import { ProofKey, type SignInClient, SignInError, type Tokens, refresh, signOut } from '#client/sign-in';
import type { AtRest } from './at-rest.js';
import { withFileLock } from './file-lock.js';
import { readFileIfThere, writePrivateFile } from './private-file.js';

/** A token that ends within this is taken for ended. */
const MARGIN_MS = 30_000;

/** How somebody signed in, so that they can be asked in the same way again. */
const WAYS = ['browser', 'password', 'device'] as const;
export type SignInWay = (typeof WAYS)[number];

const StoredTokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string().nullable(),
  idToken: z.string().nullable(),
  expiresAt: z.iso.datetime(),
  subject: z.string(),
  way: z.enum(WAYS),
  key: z.looseObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string(), d: z.string() }),
});
type StoredTokens = z.infer<typeof StoredTokens>;

/** Asks the person to sign in again; null when there is nobody to ask. */
export type SignInAgain = (way: SignInWay, needed: StepUp) => Promise<Tokens | null>;

/**
 * An officer's tokens and the key that they are bound to, in a file of the officer's own, encrypted. Of several processes one renews them,
 * and the others take what it got.
 */
export class TokenFile implements TokenSource {
  readonly #path: string;
  readonly #client: SignInClient;
  readonly #atRest: AtRest;
  readonly #signInAgain: SignInAgain | undefined;
  #key: { readonly d: string; readonly proofKey: ProofKey } | undefined;
  #stepping: Promise<Credential | null> | undefined;

  constructor(path: string, client: SignInClient, atRest: AtRest, signInAgain?: SignInAgain) {
    this.#path = path;
    this.#client = client;
    this.#atRest = atRest;
    this.#signInAgain = signInAgain;
  }

  async write(tokens: Tokens, way: SignInWay): Promise<void> {
    const { accessToken, refreshToken, idToken, expiresAt, person } = tokens;
    const stored = {
      ...{ accessToken, refreshToken, idToken, way },
      expiresAt: expiresAt.toISOString(),
      subject: person.subject,
      key: await tokens.key.privateJwk(),
    };
    writePrivateFile(this.#path, this.#atRest.seal(JSON.stringify(StoredTokens.parse(stored))));
  }

  async current(): Promise<Credential | null> {
    const stored = this.#read();
    if (stored === null) return null;
    const credential = await this.#credentialOf(stored);
    if (isGood(stored)) return credential;
    // When it cannot be renewed the server is to say so.
    return (await this.renew(credential)) ?? credential;
  }

  renew(refused: Credential): Promise<Credential | null> {
    return withFileLock(`${this.#path}.lock`, async () => {
      const stored = this.#read();
      if (stored === null) return null;
      if (stored.accessToken !== refused.accessToken && isGood(stored)) return this.#credentialOf(stored);
      if (stored.refreshToken === null) return null;
      try {
        const tokens = await refresh(this.#client, stored.refreshToken, await this.#keyOf(stored));
        const { refreshToken, idToken } = tokens;
        const kept = { refreshToken: refreshToken ?? stored.refreshToken, idToken: idToken ?? stored.idToken };
        await this.write({ ...tokens, ...kept }, stored.way);
        return credentialOf(tokens.accessToken, tokens.key);
      } catch (cause) {
        if (cause instanceof SignInError && cause.code === 'refused') return null;
        throw cause;
      }
    });
  }

  /** What is asked for at once is asked of the person once. @throws SignInError 'refused' when it was somebody else who signed in */
  stepUp(refused: Credential, needed: StepUp): Promise<Credential | null> {
    this.#stepping ??= this.#stepUp(refused, needed).finally(() => (this.#stepping = undefined));
    return this.#stepping;
  }

  /**
   * Ends the sign-in, here in any case. @returns where a browser that was used ends its part; null where there is nothing
   * @throws SignInError when the issuer could not be told
   */
  async end(): Promise<string | null> {
    const stored = this.#read();
    if (stored === null) return null;
    try {
      const elsewhere = await signOut(this.#client, stored);
      return stored.way === 'browser' ? elsewhere : null;
    } finally {
      rmSync(this.#path, { force: true });
    }
  }

  /** Whether tokens are here that can be read. */
  get isThere(): boolean {
    return this.#read() !== null;
  }

  async #stepUp(refused: Credential, needed: StepUp): Promise<Credential | null> {
    const stored = this.#read();
    if (stored === null) return null;
    if (stored.accessToken !== refused.accessToken && isGood(stored)) return this.#credentialOf(stored);
    const tokens = (await this.#signInAgain?.(stored.way, needed)) ?? null;
    if (tokens === null) return null;
    if (tokens.person.subject !== stored.subject)
      throw new SignInError('refused', 'sign-in: it was somebody else who signed in');
    await withFileLock(`${this.#path}.lock`, () => this.write(tokens, stored.way));
    return credentialOf(tokens.accessToken, tokens.key);
  }

  async #credentialOf(stored: StoredTokens): Promise<Credential> {
    return credentialOf(stored.accessToken, await this.#keyOf(stored));
  }

  async #keyOf({ key }: StoredTokens): Promise<ProofKey> {
    if (this.#key?.d !== key.d) this.#key = { d: key.d, proofKey: await ProofKey.from(key) };
    return this.#key.proofKey;
  }

  #read(): StoredTokens | null {
    const sealed = readFileIfThere(this.#path);
    const text = sealed === null ? null : this.#atRest.open(sealed);
    return text === null ? null : (StoredTokens.safeParse(JSON.parse(text)).data ?? null);
  }
}

function credentialOf(accessToken: string, key: ProofKey): Credential {
  return { accessToken, prove: (request) => key.prove({ ...request, accessToken }) };
}

function isGood({ expiresAt }: StoredTokens): boolean {
  return Date.parse(expiresAt) - MARGIN_MS > Date.now();
}
