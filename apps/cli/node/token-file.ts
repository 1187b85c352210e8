import { z } from 'zod';
import type { TokenSource } from '#client/api';
import { type SignInClient, SignInError, type Tokens, refresh } from '#client/sign-in';
import { withFileLock } from './file-lock.js';
import { parseJson } from './home.js';
import { readFileIfThere, writePrivateFile } from './private-file.js';

/** A token that ends within this is taken for ended. */
const MARGIN_MS = 30_000;

const StoredTokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string().nullable(),
  expiresAt: z.iso.datetime(),
});
type StoredTokens = z.infer<typeof StoredTokens>;

/** An officer's tokens, in a file of the officer's own. Of several processes one renews them, and the others take what it got. */
export class TokenFile implements TokenSource {
  readonly #path: string;
  readonly #client: SignInClient;

  constructor(path: string, client: SignInClient) {
    this.#path = path;
    this.#client = client;
  }

  write({ accessToken, refreshToken, expiresAt }: Omit<Tokens, 'person'>): void {
    const stored: StoredTokens = { accessToken, refreshToken, expiresAt: expiresAt.toISOString() };
    writePrivateFile(this.#path, `${JSON.stringify(stored)}\n`);
  }

  async current(): Promise<string | null> {
    const stored = this.#read();
    if (stored === null) return null;
    if (isGood(stored)) return stored.accessToken;
    // When it cannot be renewed the server is to say so.
    return (await this.renew(stored.accessToken)) ?? stored.accessToken;
  }

  renew(refused: string): Promise<string | null> {
    return withFileLock(`${this.#path}.lock`, async () => {
      const stored = this.#read();
      if (stored === null) return null;
      if (stored.accessToken !== refused && isGood(stored)) return stored.accessToken;
      if (stored.refreshToken === null) return null;
      try {
        const tokens = await refresh(this.#client, stored.refreshToken);
        this.write({ ...tokens, refreshToken: tokens.refreshToken ?? stored.refreshToken });
        return tokens.accessToken;
      } catch (cause) {
        if (cause instanceof SignInError && cause.code === 'refused') return null;
        throw cause;
      }
    });
  }

  #read(): StoredTokens | null {
    const bytes = readFileIfThere(this.#path);
    return bytes === null ? null : (StoredTokens.safeParse(parseJson(bytes)).data ?? null);
  }
}

function isGood({ expiresAt }: StoredTokens): boolean {
  return Date.parse(expiresAt) - MARGIN_MS > Date.now();
}
