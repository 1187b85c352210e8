import { randomUUID } from 'node:crypto';
import { AgencyId, AgreementId, ExhibitId, FileId, OfficerId, RetrievalId } from '#domain/evidence';
import type {
  AgencyKeys,
  Manifest,
  ManifestFile,
  OfficerCertificate,
  PrivateJwk,
  Receipt,
  Seal,
} from '#domain/manifest';
import { Agreement, Facts, exampleFacts, newSigningKey, publicJwkOf, sealedCounts } from '#domain/manifest';
import { newIdentity, recipientOf, sealedSizeBytes } from '#domain/sealing';

/** Documents that are in order, for tests to sign or to spoil. */
const digest = (digit: string): string => digit.repeat(64);

export function exampleFile(changes: Partial<ManifestFile> = {}): ManifestFile {
  return {
    id: FileId.parse(randomUUID()),
    name: 'DCIM/صورة ١.jpg',
    mediaType: 'image/jpeg',
    sizeBytes: 70_000,
    sha256: digest('a'),
    hashes: [{ algorithm: 'md5', value: digest('b').slice(32), source: 'UFED report', computedAt: 'unknown' }],
    sealedSizeBytes: sealedSizeBytes(70_000),
    chunkSizeBytes: 1_048_576,
    chunkTreeRoot: digest('c'),
    payloadNonceSha256: digest('d'),
    ...changes,
  };
}

export function exampleManifest(changes: Partial<Manifest> = {}): Manifest {
  const facts = Facts.parse(exampleFacts('all'));
  return {
    schema: 'amana-manifest/v1',
    exhibitId: ExhibitId.parse(randomUUID()),
    exhibitNumber: facts.exhibitNumber,
    caseNumber: facts.caseNumber,
    agencyId: AgencyId.parse(randomUUID()),
    officerId: OfficerId.parse(randomUUID()),
    facts,
    files: [exampleFile()],
    sealedAt: '2026-11-20T16:00:00.000Z',
    software: 'amana 0.1.0',
    ...changes,
  };
}

export function exampleSeal(manifest: Manifest, changes: Partial<Seal> = {}): Seal {
  return {
    sealedAt: '2026-11-20T16:05:00.000Z',
    objectVersionsSha256: digest('e'),
    verified: sealedCounts(manifest),
    ...changes,
  };
}

export async function exampleParty(
  changes: Partial<AgencyKeys> = {},
): Promise<{ party: AgencyKeys; privateKey: PrivateJwk }> {
  const privateKey = await newSigningKey();
  const party: AgencyKeys = {
    agencyId: AgencyId.parse(randomUUID()),
    state: 'LY',
    name: 'Border Investigation Department',
    epoch: 1,
    signingKey: publicJwkOf(privateKey),
    recipient: recipientOf(newIdentity()),
    recoveryRecipient: recipientOf(newIdentity()),
    ...changes,
  };
  return { party, privateKey };
}

export function exampleAgreement(parties: AgencyKeys[], changes: Partial<Agreement> = {}): Agreement {
  return {
    schema: 'amana-agreement/v1',
    agreementId: AgreementId.parse(randomUUID()),
    title: 'Agreement on a joint investigation team',
    parties,
    teamName: 'Route 7',
    purposes: ['Smuggling of migrants'],
    clauses: [{ number: '6', text: 'Evidence is not passed on to third states.' }],
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: '2028-01-01T00:00:00.000Z',
    ...changes,
  };
}

export async function exampleCertificate(
  agencyId: AgencyId,
  changes: Partial<OfficerCertificate> = {},
): Promise<OfficerCertificate> {
  return {
    schema: 'amana-officer/v1',
    officerId: OfficerId.parse(randomUUID()),
    agencyId,
    name: 'S. Haddad',
    roles: ['investigator'],
    signingKey: publicJwkOf(await newSigningKey()),
    recipient: recipientOf(newIdentity()),
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: '2027-01-01T00:00:00.000Z',
    ...changes,
  };
}

export function exampleReceipt(changes: Partial<Receipt> = {}): Receipt {
  return {
    schema: 'amana-receipt/v1',
    retrievalId: RetrievalId.parse(randomUUID()),
    exhibitId: ExhibitId.parse(randomUUID()),
    manifestSha256: digest('f'),
    files: [{ id: FileId.parse(randomUUID()), sha256: digest('a') }],
    receivedAt: '2026-11-21T08:00:00.000Z',
    verified: true,
    ...changes,
  };
}
