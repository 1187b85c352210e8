import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Accounts } from './accounts.js';
import type { IssuerConfig } from './config.js';
import { KeyDesk } from './key-desk.js';
import { KeySessions } from './key-sessions.js';
import { issuerKeys } from './keys.js';
import { contentSecurityPolicy, errorPage } from './pages.js';
import { Passkeys } from './passkeys.js';
import { createProvider } from './provider.js';
import { relyingPartyOf } from './relying-party.js';
import { signIn } from './sign-in.js';
import { SignInThrottle } from './sign-in-throttle.js';
import { IssuerState } from './state.js';

/** The identity provider as an HTTP server that does not listen yet. @throws Error when accounts or keys cannot be read */
export async function createIssuer(config: IssuerConfig): Promise<Server> {
  const accounts = await Accounts.open(config.accountsFile);
  const keys = await issuerKeys(config.stateFolder);
  const state = await IssuerState.open(config.stateFolder);
  const provider = createProvider(config, keys, accounts, state);
  provider.on('server_error', (_ctx, error) => {
    complain(error);
  });
  provider.on('backchannel.error', (_ctx, error) => {
    complain(`the platform was not told of a session that ended: ${error.message}`);
  });
  const throttle = new SignInThrottle();
  const party = relyingPartyOf(config.issuer);
  const passkeys = party && new Passkeys(state, party, accounts);
  const sessions = new KeySessions(state, config.issuer.startsWith('https:'));
  const keyDesk = passkeys && new KeyDesk({ accounts, throttle, passkeys, sessions });
  const protocol = provider.callback();
  const portalOrigin = new URL(config.publicUrl).origin;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', config.issuer);
    if (pathname === '/health') {
      response.setHeader('content-type', 'application/json');
      response.end('{"status":"ok"}\n');
      return;
    }
    speakAs(config.issuer, request);
    protect(response, portalOrigin);
    if (pathname.startsWith('/interaction/'))
      await signIn(request, response, { provider, accounts, throttle, passkeys });
    else if (pathname === '/passkeys' && keyDesk) await keyDesk.handle(request, response);
    else await protocol(request, response);
  };

  return createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      complain(error);
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/html; charset=utf-8' });
      response.end(errorPage('Something went wrong here.'));
    });
  });
}

// Every address that we hand out is built from the request's; only our own may come of that, whatever Host says.
function speakAs(issuer: string, request: IncomingMessage): void {
  const { host, protocol } = new URL(issuer);
  request.headers.host = host;
  delete request.headers['x-forwarded-host'];
  request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
}

function protect(response: ServerResponse, portalOrigin: string): void {
  response.setHeader('content-security-policy', contentSecurityPolicy([portalOrigin], 'by-hash'));
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('x-frame-options', 'DENY');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cache-control', 'no-store');
}

// Faults of ours only; what people do wrong is answered, not logged.
function complain(error: unknown): void {
  const named = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`issuer: ${named}\n`);
}
