import type { Configuration, KoaContextWithOIDC, Provider as OidcProvider } from 'oidc-provider';
import { PASSKEY_ACR, PASSWORD_ACR } from './acr.js';
import type { Accounts } from './accounts.js';
import { clients } from './clients.js';
import type { IssuerConfig } from './config.js';
import { deviceFlow } from './device-flow.js';
import type { IssuerKeys } from './keys.js';
import { Provider, errors, interactionPolicy } from './oidc-provider.js';
import { relyingPartyOf } from './relying-party.js';
import { errorPage, signOutPage, signedOutPage } from './pages.js';
import { SIGN_IN_SECONDS, secondsLeft } from './sign-in-life.js';
import type { IssuerState } from './state.js';

/** The scope of the platform's API; what an officer may do there is decided there. */
const apiScope = 'amana';

const minute = 60;
const accessTokenSeconds = 5 * minute;

/** The authorisation server: code flow with PKCE, access tokens of RFC 9068 for one audience, DPoP when the client proves. */
export function createProvider(
  config: IssuerConfig,
  keys: IssuerKeys,
  accounts: Accounts,
  state: IssuerState,
): OidcProvider {
  const configuration: Configuration = {
    adapter: (kind) => state.adapter(kind),
    clients: clients(config.publicUrl),
    jwks: { keys: [keys.signing] },
    cookies: {
      keys: [...keys.cookies],
      long: { sameSite: 'lax', httpOnly: true },
      short: { sameSite: 'lax', httpOnly: true },
    },
    responseTypes: ['code'],
    scopes: ['openid', 'email', 'profile'],
    acrValues: relyingPartyOf(config.issuer) ? [PASSWORD_ACR, PASSKEY_ACR] : [PASSWORD_ACR],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    // No userinfo call is needed to know whom to greet.
    conformIdTokenClaims: false,
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    clientAuthMethods: ['none'],
    clientBasedCORS: (_ctx, origin) => origin === new URL(config.publicUrl).origin,
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      dPoP: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      backchannelLogout: { enabled: true },
      deviceFlow,
      resourceIndicators: {
        enabled: true,
        defaultResource: () => config.publicUrl,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource.replace(/\/$/, '') !== config.publicUrl) throw new errors.InvalidTarget();
          return {
            audience: config.publicUrl,
            scope: apiScope,
            accessTokenFormat: 'jwt',
            accessTokenTTL: accessTokenSeconds,
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => void (ctx.body = signOutPage(form)),
        postLogoutSuccessSource: (ctx) => void (ctx.body = signedOutPage()),
      },
    },
    // Only ever to the platform, to tell it of sessions that ended: addresses of clients are ours.
    fetch: (url, { method, headers, body, redirect, signal } = {}) =>
      fetch(url, { method, headers, body, redirect, signal } as RequestInit),
    findAccount: async (_ctx, subject) => {
      const account = await accounts.bySubject(subject);
      return (
        account && {
          accountId: subject,
          // Who keeps the accounts gave each its address, which nobody chooses for themselves.
          claims: () => ({ sub: subject, email: account.email, email_verified: true, name: account.name }),
        }
      );
    },
    interactions: { policy: signInPolicy(), url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: grantToOurOwn,
    // Whoever signs in through our own programs may stay signed in; signing out ends it.
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => true,
    rotateRefreshToken: true,
    extraTokenClaims: (ctx) => {
      const source =
        ctx.oidc.entities.AuthorizationCode ?? ctx.oidc.entities.DeviceCode ?? ctx.oidc.entities.RefreshToken;
      if (source?.authTime === undefined) return undefined;
      return { auth_time: source.authTime, acr: source.acr, sid: source.sid };
    },
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: minute,
      DeviceCode: 10 * minute,
      IdToken: accessTokenSeconds,
      Interaction: 10 * minute,
      Session: (_ctx, session) => secondsLeft(session.loginTs, new Date()),
      Grant: SIGN_IN_SECONDS,
      RefreshToken: (_ctx, token) => secondsLeft(token.authTime, new Date()),
    },
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = errorPage(out.error_description ?? out.error);
    },
  };
  const provider = new Provider(config.issuer, configuration);
  // Behind a TLS proxy the scheme comes from its header; see server.ts, which sets host and scheme itself.
  provider.proxy = config.issuer.startsWith('https:');
  provider.use(refuseForgedLogout);
  provider.use(followTokens);
  return provider;
}

/** A page elsewhere that would sign somebody out is forbidden to, not merely mistaken. */
async function refuseForgedLogout(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  if (ctx.path === '/session/end/confirm' && ctx.status === 400) ctx.status = 403;
}

/** What a client has besides what its types say. */
interface TellsOfLogout {
  backchannelLogout(subject: string, sid: string | undefined): Promise<void>;
}

/**
 * A session goes with its tokens: one that is renewed was not idle; one that is taken back has ended, and the platform is told, so that
 * access tokens still in force are refused there too.
 */
async function followTokens(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  // Requests that have nothing to do with the protocol have no such context.
  const { oidc } = ctx as Partial<KoaContextWithOIDC>;
  const token = oidc?.entities.RotatedRefreshToken ?? oidc?.entities.RefreshToken;
  if (!oidc || !token || ctx.status >= 400) return;
  const session = token.sessionUid === undefined ? undefined : await oidc.provider.Session.findByUid(token.sessionUid);
  if (oidc.route === 'token') await session?.save(secondsLeft(session.loginTs, new Date()));
  if (oidc.route !== 'revocation') return;
  await session?.destroy();
  const client = oidc.client as TellsOfLogout | undefined;
  await client?.backchannelLogout(token.accountId, token.sid).catch((error: unknown) => {
    oidc.provider.emit('backchannel.error', ctx, error, oidc.client, token.accountId, token.sid);
  });
}

/**
 * The command line has people sign in each time: any program of the machine could otherwise send the browser here and
 * be handed a code without a question. RFC 8252 §8.6. Consent is never asked: both clients are ours.
 */
function signInPolicy(): ReturnType<typeof interactionPolicy.base> {
  const policy = interactionPolicy.base();
  policy.remove('consent');
  policy.get('login')?.checks.add(
    new interactionPolicy.Check('native_sign_in', 'the command line has people sign in each time', (ctx) => {
      const asked = ctx.oidc.client?.applicationType === 'native' && ctx.oidc.result?.login === undefined;
      return asked ? interactionPolicy.Check.REQUEST_PROMPT : interactionPolicy.Check.NO_NEED_TO_PROMPT;
    }),
  );
  policy.get('login')?.checks.add(
    new interactionPolicy.Check('asked_acr', 'the client asks for another way of signing in', (ctx) => {
      const { params, result, session } = ctx.oidc;
      const values = typeof params?.acr_values === 'string' ? params.acr_values.split(' ') : [];
      const asked = values.length > 0 && !values.includes(session?.acr ?? '') && result?.login === undefined;
      return asked ? interactionPolicy.Check.REQUEST_PROMPT : interactionPolicy.Check.NO_NEED_TO_PROMPT;
    }),
  );
  return policy;
}

async function grantToOurOwn(ctx: KoaContextWithOIDC) {
  const { client, session, provider, account } = ctx.oidc;
  if (!client || !session || !account) return undefined;
  const earlier = session.grantIdFor(client.clientId);
  const found = earlier === undefined ? undefined : await provider.Grant.find(earlier);
  if (found?.accountId === account.accountId) return found;
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope('openid email profile');
  for (const resource of Object.keys(ctx.oidc.resourceServers ?? {})) grant.addResourceScope(resource, apiScope);
  await grant.save();
  return grant;
}
