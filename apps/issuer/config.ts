import { z } from 'zod';

const address = z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
  error: 'must be an http:// or https:// URL',
});

const Environment = z.object({
  AMANA_ISSUER: address,
  AMANA_PUBLIC_URL: address,
  AMANA_ISSUER_ACCOUNTS: z.string().min(1),
  AMANA_ISSUER_STATE: z.string().min(1),
  AMANA_ISSUER_HOST: z.string().min(1).default('127.0.0.1'),
  AMANA_ISSUER_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
});

/** How the embedded identity provider runs. */
export interface IssuerConfig {
  /** The `iss` of every token; where browsers reach us. Behind a TLS proxy this is the proxy's address. */
  readonly issuer: string;
  /** The platform's address: the audience of access tokens, and the origin of the portal. */
  readonly publicUrl: string;
  /** JSON: `[{sub, email, name, passwordHash}]`. Read again when it changes. */
  readonly accountsFile: string;
  /** Folder of keys, sessions and refresh tokens; only we may read it. */
  readonly stateFolder: string;
  readonly host: string;
  readonly port: number;
}

/** @throws Error that lists every fault of the environment */
export function readIssuerConfig(environment: Readonly<Record<string, string | undefined>>): IssuerConfig {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path: [name = ''], message }) => {
      return `  ${String(name)}: ${given[String(name)] === undefined ? 'is missing' : message}`;
    });
    throw new Error(`configuration refused:\n${faults.join('\n')}`);
  }
  const { data } = parsed;
  const issuer = new URL(data.AMANA_ISSUER);
  if (issuer.pathname !== '/' || issuer.search !== '' || issuer.hash !== '') {
    throw new Error('configuration refused:\n  AMANA_ISSUER: must be an origin, without path or query');
  }
  return {
    issuer: issuer.origin,
    publicUrl: data.AMANA_PUBLIC_URL.replace(/\/$/, ''),
    accountsFile: data.AMANA_ISSUER_ACCOUNTS,
    stateFolder: data.AMANA_ISSUER_STATE,
    host: data.AMANA_ISSUER_HOST,
    port: data.AMANA_ISSUER_PORT ?? Number(issuer.port || (issuer.protocol === 'https:' ? 443 : 80)),
  };
}
