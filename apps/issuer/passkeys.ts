import { createHash, randomBytes } from 'node:crypto';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { Account, Accounts } from './accounts.js';
import { assertionIn, attestationIn } from './passkey-answer.js';
import type { RelyingParty } from './relying-party.js';
import type { IssuerState, Records } from './state.js';

/** A key of a person's that the browser, or what it asks, keeps; the public half. */
export interface Passkey {
  /** Credential id, base64url. */
  readonly id: string;
  readonly accountId: string;
  /** COSE, base64url. */
  readonly publicKey: string;
  /** What its authenticator last counted; 0 for one that does not count. */
  readonly counter: number;
  /** In the words of its owner. */
  readonly label: string;
  /** Whether it may be copied to other devices of its owner, by whoever made the authenticator. */
  readonly isSynced: boolean;
  readonly addedAt: string;
  readonly usedAt: string | null;
  /** When it was used with a count that it had passed before, as a copy would: it is void since. */
  readonly clonedAt: string | null;
}

export type PasskeyFault = 'expired' | 'not-accepted' | 'cloned' | 'too-many';

/** A passkey, or what was to become one, that is not accepted. */
export class PasskeyError extends Error {
  override readonly name = 'PasskeyError';

  constructor(
    readonly fault: PasskeyFault,
    options?: ErrorOptions,
  ) {
    super(`passkey: ${fault}`, options);
  }
}

interface Challenge {
  readonly challenge: string;
}

const challengeSeconds = 300;
const mostOfOne = 20;
/** EdDSA, ES256, RS256: what authenticators have. COSE numbers. */
const algorithms = [-8, -7, -257];

/** The passkeys of all accounts. Each use and each registration answers a challenge that was made for one page, and is good once. */
export class Passkeys {
  private readonly keys: Records<Passkey>;
  private readonly challenges: Records<Challenge>;

  constructor(
    state: IssuerState,
    private readonly party: RelyingParty,
    private readonly accounts: Accounts,
  ) {
    this.keys = state.records('Passkey');
    this.challenges = state.records('PasskeyChallenge');
  }

  /** The oldest first; one that is void as a copy is among them until its owner removes it. */
  of(account: Account): readonly Passkey[] {
    const own = this.keys.all().filter((key) => key.accountId === account.sub && !isPast(key, account));
    return own.sort((one, other) => one.addedAt.localeCompare(other.addedAt));
  }

  /** What a page asks a browser to sign in with. @param page names the page and its browser; a new question voids the one before */
  async signInOptions(page: string): Promise<object> {
    return generateAuthenticationOptions({
      rpID: this.party.id,
      challenge: await this.challengeFor(`get ${page}`),
      timeout: challengeSeconds * 1000,
      // The authenticator says who it is: a list of keys would tell who has which.
      allowCredentials: [],
      userVerification: 'required',
    });
  }

  /**
   * Who answers the question of a page.
   * @param text JSON of an `AuthenticationResponse`
   * @throws PasskeyError
   */
  async signIn(page: string, text: string): Promise<Account> {
    const expectedChallenge = this.answered(`get ${page}`);
    const answer = assertionIn(text);
    const key = answer && this.keys.find(answer.id);
    const account = key && (await this.accounts.bySubject(key.accountId));
    if (!answer || !key || !account || key.clonedAt !== null || isPast(key, account))
      throw new PasskeyError('not-accepted');
    const { userHandle } = answer.response;
    if (userHandle !== undefined && userHandle !== userHandleOf(account).toString('base64url'))
      throw new PasskeyError('not-accepted');
    // The count is looked at below, once the signature holds: nobody else can void a key.
    const credential = { id: key.id, publicKey: new Uint8Array(Buffer.from(key.publicKey, 'base64url')), counter: 0 };
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: answer,
      ...this.expected(expectedChallenge),
      expectedRPID: this.party.id,
      credential,
    }).catch(notAccepted);
    if (!verified || !authenticationInfo.userVerified) throw new PasskeyError('not-accepted');
    await this.use(key.id, authenticationInfo.newCounter);
    return account;
  }

  /** What a page asks a browser to make. @param page as of `signInOptions` */
  async registrationOptions(page: string, account: Account): Promise<object> {
    return generateRegistrationOptions({
      rpName: 'Amana',
      rpID: this.party.id,
      userName: account.email,
      userID: new Uint8Array(userHandleOf(account)),
      userDisplayName: account.name,
      challenge: await this.challengeFor(`create ${page}`),
      timeout: challengeSeconds * 1000,
      attestationType: 'none',
      excludeCredentials: this.of(account).map(({ id }) => ({ id })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      supportedAlgorithmIDs: algorithms,
    });
  }

  /**
   * Takes what the browser made. Durable on return.
   * @param text JSON of a `RegistrationResponse`
   * @throws PasskeyError
   */
  async register(page: string, account: Account, text: string, label: string): Promise<void> {
    const expectedChallenge = this.answered(`create ${page}`);
    const answer = attestationIn(text);
    if (!answer) throw new PasskeyError('not-accepted');
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: answer,
      ...this.expected(expectedChallenge),
      expectedRPID: this.party.id,
      supportedAlgorithmIDs: algorithms,
    }).catch(notAccepted);
    if (!verified || !registrationInfo.userVerified) throw new PasskeyError('not-accepted');
    const { credential, credentialDeviceType } = registrationInfo;
    if (this.keys.find(credential.id)) throw new PasskeyError('not-accepted');
    if (this.of(account).length >= mostOfOne) throw new PasskeyError('too-many');
    await this.keys.put(credential.id, {
      id: credential.id,
      accountId: account.sub,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      label,
      isSynced: credentialDeviceType === 'multiDevice',
      addedAt: new Date().toISOString(),
      usedAt: null,
      clonedAt: null,
    });
  }

  /** Of one's own keys alone; nothing happens for another's. */
  async remove(account: Account, id: string): Promise<void> {
    if (this.keys.find(id)?.accountId === account.sub) await this.keys.remove(id);
  }

  // Read and written without a pause between, so that of two answers with one count one is taken.
  private async use(id: string, counter: number): Promise<void> {
    const key = this.keys.find(id);
    if (!key) throw new PasskeyError('not-accepted');
    const now = new Date().toISOString();
    const isCopy = (counter > 0 || key.counter > 0) && counter <= key.counter;
    await this.keys.put(id, isCopy ? { ...key, clonedAt: now } : { ...key, counter, usedAt: now });
    if (isCopy) throw new PasskeyError('cloned');
  }

  private expected(expectedChallenge: string) {
    return { expectedChallenge, expectedOrigin: this.party.origin, requireUserVerification: true };
  }

  private async challengeFor(page: string): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = randomBytes(32);
    await this.challenges.put(page, { challenge: bytes.toString('base64url') }, challengeSeconds);
    return new Uint8Array(bytes);
  }

  private answered(page: string): string {
    const asked = this.challenges.take(page);
    if (!asked) throw new PasskeyError('expired');
    return asked.challenge;
  }
}

/** Names a person to their authenticator, and to nobody else whom they are. */
function userHandleOf({ sub }: Account): Buffer {
  return createHash('sha256').update(`amana-passkey\0${sub}`).digest();
}

/** Registered before the account's passkeys were all voided. */
function isPast({ addedAt }: Passkey, { passkeysSince }: Account): boolean {
  return passkeysSince !== undefined && Date.parse(addedAt) < Date.parse(passkeysSince);
}

function notAccepted(cause: unknown): never {
  throw new PasskeyError('not-accepted', { cause });
}
