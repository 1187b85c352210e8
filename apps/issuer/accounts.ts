import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { hashPassword, isPasswordHash, verifyPassword } from '#server/password';

const Account = z.strictObject({
  sub: z.string().min(1).max(255),
  email: z.email(),
  name: z.string().min(1),
  passwordHash: z.string().refine(isPasswordHash, 'must be a scrypt hash'),
  /** Passkeys registered before this are void: for who lost them all, or whose password somebody else had first. */
  passkeysSince: z.iso.datetime().optional(),
});

/** Who may sign in. What an officer may do is not known here. */
export type Account = z.infer<typeof Account>;

interface Loaded {
  readonly changedAt: number;
  readonly bySubject: ReadonlyMap<string, Account>;
  readonly byEmail: ReadonlyMap<string, Account>;
}

/** The accounts of a JSON file, read again whenever it has changed. */
export class Accounts {
  private loaded: Loaded | undefined;
  private decoy: Promise<string> | undefined;

  private constructor(private readonly file: string) {}

  /** @throws Error when the file is not there or not as it should be */
  static async open(file: string): Promise<Accounts> {
    const accounts = new Accounts(file);
    await accounts.current();
    return accounts;
  }

  async bySubject(subject: string): Promise<Account | undefined> {
    return (await this.current()).bySubject.get(subject);
  }

  /** The account that answers to email and password. An unknown email takes the time of a wrong password. */
  async signIn(email: string, password: string): Promise<Account | undefined> {
    const account = (await this.current()).byEmail.get(email.trim().toLowerCase());
    const hash = account?.passwordHash ?? (await this.decoyHash());
    return (await verifyPassword(password, hash)) ? account : undefined;
  }

  // As costly as the accounts' own hashes, for a password that nobody knows.
  private async decoyHash(): Promise<string> {
    const [first] = (await this.current()).bySubject.values();
    const [, log2Cost, blockSize, parallel] = first?.passwordHash.split('$').map(Number) ?? [];
    const cost = log2Cost && blockSize && parallel ? { log2Cost, blockSize, parallel } : undefined;
    this.decoy ??= hashPassword(crypto.randomUUID(), cost);
    return this.decoy;
  }

  private async current(): Promise<Loaded> {
    const { mtimeMs } = await stat(this.file);
    if (this.loaded?.changedAt !== mtimeMs) {
      const accounts = z.array(Account).parse(JSON.parse(await readFile(this.file, 'utf8')));
      const bySubject = new Map(accounts.map((account) => [account.sub, account]));
      const byEmail = new Map(accounts.map((account) => [account.email.toLowerCase(), account]));
      if (bySubject.size < accounts.length || byEmail.size < accounts.length) {
        throw new Error(`${this.file}: two accounts share a subject or an email`);
      }
      this.loaded = { changedAt: mtimeMs, bySubject, byEmail };
    }
    return this.loaded;
  }
}
