import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IssuerState, Records } from './state.js';

/** A visit to the page of passkeys, apart from any sign-in to a program. */
export interface KeySession {
  /** Names it to others than its browser, to whom its cookie is secret. */
  readonly id: string;
  /** Against forgery: what the page's forms carry. */
  readonly token: string;
  /** Null before somebody signed in. */
  readonly accountId: string | null;
  /** How they did; a password alone does not change passkeys that there are. */
  readonly by: 'password' | 'passkey' | null;
}

const signInSeconds = 600;
/** So fresh is the sign-in of whoever changes passkeys. */
const changeSeconds = 300;
const cookieName = '_keys';

/** Bound to a browser by a cookie, which changes when somebody signs in. */
export class KeySessions {
  private readonly sessions: Records<KeySession>;

  constructor(
    state: IssuerState,
    private readonly isSecure: boolean,
  ) {
    this.sessions = state.records('KeySession');
  }

  of(request: IncomingMessage): KeySession | undefined {
    const cookies = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
    const given = cookies.find((pair) => pair.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1);
    return given === undefined ? undefined : this.sessions.find(idOf(given));
  }

  async begin(
    response: ServerResponse,
    who: Pick<KeySession, 'accountId' | 'by'> = { accountId: null, by: null },
  ): Promise<KeySession> {
    const secret = randomBytes(32).toString('base64url');
    const session = { ...who, id: idOf(secret), token: randomBytes(32).toString('base64url') };
    const seconds = who.accountId === null ? signInSeconds : changeSeconds;
    await this.sessions.put(session.id, session, seconds);
    this.setCookie(response, secret, seconds);
    return session;
  }

  async end(response: ServerResponse, session: KeySession): Promise<void> {
    await this.sessions.remove(session.id);
    this.setCookie(response, '', 0);
  }

  private setCookie(response: ServerResponse, value: string, seconds: number): void {
    const secure = this.isSecure ? '; Secure' : '';
    response.setHeader(
      'set-cookie',
      `${cookieName}=${value}; Path=/passkeys; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`,
    );
  }
}

/** What lies in a file is not what opens the page. */
function idOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
