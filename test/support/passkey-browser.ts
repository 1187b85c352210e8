import { type BrowserContext, type CDPSession, type Page, chromium } from 'playwright-core';

/** What an authenticator holds of one passkey, as Chromium tells it. */
export type HeldCredential = Awaited<ReturnType<PasskeyBrowser['credentials']>>[number];

/** Chromium with an authenticator that is a program: present, and sure of its user unless it is told otherwise. */
export class PasskeyBrowser {
  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
    private readonly devtools: CDPSession,
    private authenticatorId: string,
  ) {}

  static async open(): Promise<PasskeyBrowser> {
    // As root, which tests in a container are, Chromium runs without its sandbox or not at all.
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
    const context = await browser.newContext();
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    return new PasskeyBrowser(page, context, devtools, await addAuthenticator(devtools));
  }

  async credentials() {
    const { authenticatorId } = this;
    return (await this.devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  }

  /** Puts a passkey into the authenticator, as it was when it was told: a copy. */
  async putBack(credential: HeldCredential): Promise<void> {
    const { authenticatorId } = this;
    const { credentialId } = credential;
    await this.devtools.send('WebAuthn.removeCredential', { authenticatorId, credentialId });
    await this.devtools.send('WebAuthn.addCredential', { authenticatorId, credential });
  }

  /** Another authenticator in place of the one that was there. */
  async exchangeAuthenticator(): Promise<void> {
    await this.devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: this.authenticatorId });
    this.authenticatorId = await addAuthenticator(this.devtools);
  }

  async close(): Promise<void> {
    await this.context.browser()?.close();
  }
}

async function addAuthenticator(devtools: CDPSession): Promise<string> {
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', automaticPresenceSimulation: true },
      ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    },
  });
  return authenticatorId;
}
