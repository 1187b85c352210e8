import {
  AGENCY_TYP,
  AGREEMENT_TYP,
  MANIFEST_TYP,
  ManifestError,
  OFFICER_TYP,
  SUCCESSION_TYP,
  readJws,
  thumbprintOf,
  verifyAgencyStatement,
  verifyAgreement,
  verifyOfficerCertificate,
  type AgencyKeys,
  type AgencyStatement,
  type Agreement,
  type Manifest,
  type OfficerCertificate,
  type PublicJwk,
  type ReadStatement,
} from '#domain/manifest';
import { partKindOf } from '../layout.js';
import { MAX_CERTIFICATES } from '../limits.js';
import { LinkFault } from '../verdict.js';
import { holding, requireFile, type Examination } from './examination.js';
import { KeyHistories } from './key-history.js';

const LINK = 'signer-certificate';

/** The key an officer's signature on the manifest must be made with. */
export interface OfficerKey {
  readonly kid: string;
  readonly key: PublicJwk;
  /** Whether the agency that certified it is one whose key the reader knows. */
  readonly isPinned: boolean;
}

interface CertifiedOfficer {
  readonly certificate: OfficerCertificate;
  readonly agency: AgencyStatement;
}

/**
 * Finds the certificate of the officer whom the manifest names, for the key it says it is signed with: given by the officer's own
 * agency, in force when the manifest was sealed, and where the package has an agreement, with the key which that lists for the
 * agency, or one of the same history; never with one that the agency had left by then. Every certificate and statement in the package must hold. That the agency is who it says is for the reader to know: no key in
 * the package may be another than those that the reader has for its agency.
 * @param pinned ids of agencies' keys that the reader knows; null when the reader names none
 * @throws LinkFault 'signer-certificate'
 */
export async function findSigner(
  examination: Examination,
  read: ReadStatement<Manifest>,
  pinned: PinnedAgencies,
): Promise<OfficerKey> {
  const { agencyId, officerId, sealedAt } = read.statement;
  const kid = read.jws.signatures.find(({ typ }) => typ === MANIFEST_TYP)?.kid;
  if (kid === undefined) throw new LinkFault('manifest-signature', 'no officer has signed the manifest');
  const { officers, agreements, histories } = await readCertificates(examination, new Date(sealedAt), pinned);
  for (const { certificate, agency } of officers) {
    if (certificate.officerId !== officerId || certificate.agencyId !== agencyId) continue;
    if ((await thumbprintOf(certificate.signingKey)) !== kid) continue;
    for (const agreement of agreements) await requireListed(agency, agreement, histories);
    const leftAt = histories.leftAt(agencyId, await thumbprintOf(agency.signingKey));
    if (leftAt !== null && new Date(sealedAt) >= leftAt)
      throw new LinkFault(
        LINK,
        `agency ${agencyId} had left the key that certified the officer when the manifest was sealed`,
      );
    return { kid, key: certificate.signingKey, isPinned: pinned?.has(agencyId) === true };
  }
  throw new LinkFault(LINK, `the package has no certificate of officer ${officerId} for the key ${kid}`);
}

async function requireListed(
  { agencyId, signingKey }: AgencyStatement,
  { agreementId, parties }: Agreement,
  histories: KeyHistories,
): Promise<void> {
  const party = parties.find((other) => other.agencyId === agencyId);
  if (party === undefined) throw new LinkFault(LINK, `agency ${agencyId} is no party to agreement ${agreementId}`);
  if (histories.connects(agencyId, await thumbprintOf(party.signingKey), await thumbprintOf(signingKey))) return;
  throw new LinkFault(
    LINK,
    `agreement ${agreementId} lists another key of agency ${agencyId} than the one that certified the officer`,
  );
}

type PinnedAgencies = ReadonlyMap<string, ReadonlySet<string>> | null;

/** @throws LinkFault when the reader has other keys for this agency, and none of one history with this one */
async function requireNotContradicted(
  { agencyId, signingKey }: Pick<AgencyKeys, 'agencyId' | 'signingKey'>,
  pinned: PinnedAgencies,
  path: string,
  histories: KeyHistories,
): Promise<void> {
  const known = pinned?.get(agencyId);
  if (known === undefined) return;
  const kid = await thumbprintOf(signingKey);
  if (![...known].some((one) => histories.connects(agencyId, one, kid)))
    throw new LinkFault(LINK, `${path}: the policy given names another key of agency ${agencyId} than ${kid}`);
}

/** All that is in `data/keys/`, statements before the certificates that rest on them. */
async function readCertificates(
  examination: Examination,
  at: Date,
  pinned: PinnedAgencies,
): Promise<{
  officers: readonly CertifiedOfficer[];
  agreements: readonly Agreement[];
  histories: KeyHistories;
}> {
  const files = await readCertificateFiles(examination);
  const agencies = new Map<string, AgencyStatement>();
  const statements = [];
  for (const { path, bytes } of files.filter(({ typ }) => typ === AGENCY_TYP)) {
    const { statement, kids } = await holding(LINK, ManifestError, () => verifyAgencyStatement(bytes), path);
    statements.push({ path, bytes, statement });
    for (const kid of kids) agencies.set(kid, statement);
  }
  const successions = files.filter(({ typ }) => typ === SUCCESSION_TYP);
  const histories = await KeyHistories.read(statements, successions);
  for (const { path, statement } of statements) await requireNotContradicted(statement, pinned, path, histories);
  const agreements: Agreement[] = [];
  for (const { path, bytes } of files.filter(({ typ }) => typ === AGREEMENT_TYP)) {
    const { agreement } = await holding(LINK, ManifestError, () => verifyAgreement(bytes), path);
    for (const party of agreement.parties) await requireNotContradicted(party, pinned, path, histories);
    agreements.push(agreement);
  }
  const officers: CertifiedOfficer[] = [];
  for (const { path, bytes } of files.filter(({ typ }) => typ === OFFICER_TYP)) {
    const verify = () => verifyOfficerCertificate(bytes, (kid) => agencies.get(kid), at);
    const { statement: certificate, kids } = await holding(LINK, ManifestError, verify, path);
    const agency = agencies.get(kids[0] ?? '');
    if (agency !== undefined) officers.push({ certificate, agency });
  }
  examination.checked.certificates += files.length;
  return { officers, agreements, histories };
}

async function readCertificateFiles(
  examination: Examination,
): Promise<readonly { path: string; typ: string; bytes: Uint8Array }[]> {
  const paths = [...examination.bag.payload.keys()].filter((path) => partKindOf(path) === 'certificate');
  if (paths.length > MAX_CERTIFICATES) throw new LinkFault(LINK, `more than ${MAX_CERTIFICATES} files in data/keys/`);
  const files = [];
  for (const path of paths) {
    const bytes = await requireFile(examination, path, LINK);
    const { signatures } = await holding(LINK, ManifestError, () => readJws(bytes, ANY_CERTIFICATE), path);
    files.push({ path, bytes, typ: signatures[0]?.typ ?? '' });
  }
  return files;
}

const ANY_CERTIFICATE = { [AGENCY_TYP]: [], [SUCCESSION_TYP]: [], [OFFICER_TYP]: [], [AGREEMENT_TYP]: [] };
