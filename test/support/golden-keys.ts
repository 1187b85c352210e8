import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { bech32 } from '@scure/base';
import { AgencyId, AgreementId, CaseId, ExhibitId, FileId, OfficerId } from '#domain/evidence';
import {
  certifyOfficer,
  countersignAgreement,
  publicJwkOf,
  signAgencyStatement,
  signAgreement,
  signerOf,
  type AgencyKeys,
  type GeneralJws,
  type OfficerCertificate,
  type PrivateJwk,
} from '#domain/manifest';
import { signingKey, type SigningKey } from '#domain/merkle';
import { recipientOf } from '#domain/sealing';

/** Who and what is in the golden package: the same each time, from fixed seeds. */
export const GOLDEN_IDS = {
  agency: AgencyId.parse(uuid(1)),
  otherAgency: AgencyId.parse(uuid(2)),
  officer: OfficerId.parse(uuid(3)),
  prosecutor: OfficerId.parse(uuid(4)),
  exhibit: ExhibitId.parse(uuid(5)),
  case: CaseId.parse(uuid(6)),
  photograph: FileId.parse(uuid(7)),
  empty: FileId.parse(uuid(8)),
  agreement: AgreementId.parse(uuid(9)),
} as const;

export interface GoldenKeys {
  readonly officer: PrivateJwk;
  readonly agency: PrivateJwk;
  readonly otherAgency: PrivateJwk;
  readonly platform: PrivateJwk;
  readonly log: SigningKey;
}

/** @param world another one has all other keys, for the same people: what an impostor would make up */
export function goldenKeys(world = 'golden'): GoldenKeys {
  return {
    officer: privateKey(`${world} officer`),
    agency: privateKey(`${world} agency`),
    otherAgency: privateKey(`${world} other agency`),
    platform: privateKey(`${world} platform`),
    log: signingKey('custody.example/log/2026a', 'ed25519', seededBytes(`${world} log`, 32)),
  };
}

export async function officerCertificate(
  { officer, agency }: GoldenKeys,
  changes: Partial<OfficerCertificate> = {},
): Promise<GeneralJws> {
  const certificate: OfficerCertificate = {
    schema: 'amana-officer/v1',
    officerId: GOLDEN_IDS.officer,
    agencyId: GOLDEN_IDS.agency,
    name: 'S. Haddad',
    roles: ['investigator'],
    signingKey: publicJwkOf(officer),
    recipient: recipientOf(identity('officer')),
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: '2027-01-01T00:00:00.000Z',
    ...changes,
  };
  return certifyOfficer(certificate, await signerOf(agency));
}

export async function agencyStatement({ agency }: GoldenKeys): Promise<GeneralJws> {
  return signAgencyStatement(
    { schema: 'amana-agency/v1', ...agencyKeys(GOLDEN_IDS.agency, agency) },
    await signerOf(agency),
  );
}

/** Between the two agencies, each with these keys. */
export async function agreement({ agency, otherAgency }: GoldenKeys): Promise<GeneralJws> {
  const parties = [agencyKeys(GOLDEN_IDS.agency, agency), agencyKeys(GOLDEN_IDS.otherAgency, otherAgency)];
  const text = {
    schema: 'amana-agreement/v1' as const,
    agreementId: GOLDEN_IDS.agreement,
    title: 'Agreement on a joint investigation team',
    parties,
    teamName: 'Route 7',
    purposes: ['Smuggling of migrants'],
    clauses: [{ number: '6', text: 'Evidence is not passed on to third states.' }],
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: '2028-01-01T00:00:00.000Z',
  };
  return countersignAgreement(await signAgreement(text, await signerOf(agency)), await signerOf(otherAgency));
}

function agencyKeys(agencyId: AgencyId, key: PrivateJwk): AgencyKeys {
  return {
    agencyId,
    state: 'LY',
    name: 'Border Investigation Department',
    epoch: 1,
    signingKey: publicJwkOf(key),
    recipient: recipientOf(identity(agencyId)),
    recoveryRecipient: recipientOf(identity(`${agencyId} recovery`)),
  };
}

/** An age identity out of a name. */
export function identity(name: string): string {
  return bech32.encodeFromBytes('AGE-SECRET-KEY-', seededBytes(`identity ${name}`, 32)).toUpperCase();
}

/** Bytes that look random and are the same each time. */
export function seededBytes(seed: string, sizeBytes: number): Uint8Array {
  return new Uint8Array(createHash('shake256', { outputLength: sizeBytes }).update(seed).digest());
}

function privateKey(name: string): PrivateJwk {
  const seed = seededBytes(name, 32);
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  return { kty: 'OKP', crv: 'Ed25519', x: text(ed25519.getPublicKey(seed)), d: text(seed) };
}

export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}
