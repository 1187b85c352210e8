import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type ActingOfficer, decideIntake, deny, inForceFor } from '#domain/authority';
import { type ExhibitView, Problem, type RegisterExhibit } from '#domain/contract';
import { CaseId, type TeamId } from '#domain/evidence';
import { actingAs, agreementOfTeam, Authority, refusal } from '#server/authority';
import { Custody, type Entry } from '#server/custody';
import { Database, sqlStateOf, type Transaction, UNIQUE_VIOLATION } from '#server/database';
import { Idempotency, type IdempotencyClaim } from '#server/idempotency';
import { CaseFile } from './case-file.entity.js';
import { checkRegistration, type CheckedRegistration } from './check-registration.js';
import { Exhibit } from './exhibit.entity.js';
import { exhibitView } from './exhibit-view.js';
import { registrationSha256 } from './registration-digest.js';

const CREATED = 201;
const THERE_BEFORE = 200;

interface Registration extends CheckedRegistration {
  readonly body: RegisterExhibit;
  readonly sha256: Buffer;
}

/** Brings exhibits in: what will be uploaded and signed is announced first, with the facts of its seizure. */
@Injectable()
export class Register {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly authority: Authority,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * Idempotent by the exhibit's id: the same content again answers with what is there.
   * @returns `created` unless it was there before; the repeat of one request says what the first said
   * @throws Problem 'forbidden', 'facts-incomplete', 'malformed-request', 'not-found' for a team of others,
   *   'conflict' for a closed case or a number taken in it, 'exists-with-other-content'
   */
  async exhibit(
    actor: ActingOfficer,
    claim: IdempotencyClaim | null,
    body: RegisterExhibit,
  ): Promise<{ exhibit: ExhibitView; created: boolean }> {
    const decision = decideIntake(actor);
    if (!decision.allowed) throw refusal(decision);
    const registration = { ...(await checkRegistration(body)), body, sha256: await registrationSha256(body) };
    if (body.supersedes) await this.authority.require(actor, 'correct', body.supersedes);
    const { status, body: exhibit } = await this.database
      .asOfficer(actor, (tx) =>
        this.idempotency.answerOnce(tx, actor.officerId, claim, async () => {
          const known = await this.known(tx, registration);
          return known
            ? { status: THERE_BEFORE, body: known }
            : { status: CREATED, body: await this.insert(tx, actor, registration) };
        }),
      )
      .catch((error: unknown) => {
        throw problemOfTaken(error) ?? error;
      });
    return { exhibit, created: status === CREATED };
  }

  /** The same registration if it is there already. Of two at once the second waits here for the first. */
  private async known(tx: Transaction, { body, sha256 }: Registration): Promise<ExhibitView | null> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 3))`, [body.id]);
    const exhibit = await tx.findOneBy(Exhibit, { id: body.id });
    if (!exhibit) return null;
    if (!exhibit.registrationSha256.equals(sha256)) throw new Problem('exists-with-other-content');
    return mustView(tx, body);
  }

  private async insert(tx: Transaction, actor: ActingOfficer, registration: Registration): Promise<ExhibitView> {
    const { body } = registration;
    if (body.teamId) await mustBeOurs(tx, actor, body.teamId);
    const caseFile = await openCase(tx, actor, body);
    if (body.supersedes) await mustBeOfCase(tx, body.supersedes, caseFile.id);
    await insertExhibit(tx, actor, caseFile.id, registration);
    await insertFiles(tx, actor, registration);
    await this.custody.append(tx, eventsOf(actor, caseFile.id, registration));
    return mustView(tx, body);
  }
}

async function mustView(tx: Transaction, { id }: RegisterExhibit): Promise<ExhibitView> {
  const view = await exhibitView(tx, id);
  if (!view) throw new Problem('not-found');
  return view;
}

/** @throws Problem 'not-found', or 'forbidden' by the rule when the agreement behind the team carries nothing of the agency's now */
async function mustBeOurs(tx: Transaction, { agencyId }: ActingOfficer, teamId: TeamId): Promise<void> {
  const agreement = await agreementOfTeam(tx, teamId);
  if (!agreement) throw new Problem('not-found', 'there is no such team, or not for you');
  if (!inForceFor(agreement, agencyId, new Date())) throw refusal(deny('agreement-not-in-force'));
}

/** The agency's case of this number; opened with its first exhibit. */
async function openCase(tx: Transaction, actor: ActingOfficer, body: RegisterExhibit): Promise<CaseFile> {
  await tx.query(
    `INSERT INTO amana.case_file (id, agency_id, number, team_id, opened_by) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING`,
    [CaseId.parse(randomUUID()), actor.agencyId, body.caseNumber, body.teamId ?? null, actor.officerId],
  );
  const caseFile = await tx.findOneByOrFail(CaseFile, { agencyId: actor.agencyId, number: body.caseNumber });
  if (caseFile.closed) throw new Problem('conflict', `case ${body.caseNumber} is closed`);
  return caseFile;
}

async function mustBeOfCase(tx: Transaction, exhibitId: string, caseId: CaseId): Promise<void> {
  const superseded = await tx.findOneBy(Exhibit, { id: exhibitId as Exhibit['id'] });
  if (superseded?.caseId !== caseId) throw new Problem('conflict', 'an exhibit corrects one of its own case');
  if (!superseded.manifestSha256) throw new Problem('conflict', 'what is corrected has no manifest yet');
}

async function insertExhibit(
  tx: Transaction,
  actor: ActingOfficer,
  caseId: CaseId,
  { body, facts, sha256 }: Registration,
): Promise<void> {
  await tx.query(
    `INSERT INTO amana.exhibit (id, case_id, agency_id, team_id, officer_id, number, state, facts, privileged, registration_sha256, supersedes,
       file_count, sealed_size_bytes)
     VALUES ($1, $2, $3, $4, $5, $6, 'registered', $7, $8, $9, $10, $11, $12)`,
    [
      body.id,
      caseId,
      actor.agencyId,
      body.teamId ?? null,
      actor.officerId,
      body.number,
      facts,
      facts.flags?.includes('privilege') ?? false,
      sha256,
      body.supersedes ?? null,
      body.files.length,
      sealedSizeOf(body),
    ],
  );
}

/** One statement for all files, however many: a row each, and the key of each wrapped to its own agency. */
async function insertFiles(tx: Transaction, actor: ActingOfficer, { body, headers }: Registration): Promise<void> {
  const { files } = body;
  await tx.query(
    `INSERT INTO amana.evidence_file (id, exhibit_id, agency_id, position, name, name_base64, media_type, size_bytes, sealed_size_bytes)
     SELECT id, $1, $2, ordinal - 1, name, name_base64, media_type, size_bytes, sealed_size_bytes
     FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[])
       WITH ORDINALITY AS f(id, name, name_base64, media_type, size_bytes, sealed_size_bytes, ordinal)`,
    [
      body.id,
      actor.agencyId,
      files.map(({ id }) => id),
      files.map(({ name }) => name),
      files.map(({ nameBase64 }) => nameBase64 ?? null),
      files.map(({ mediaType }) => mediaType),
      files.map(({ sizeBytes }) => sizeBytes),
      files.map(({ sealedSizeBytes }) => sealedSizeBytes),
    ],
  );
  await tx.query(
    `INSERT INTO amana.file_key (file_id, agency_id, header) SELECT f, $1, h FROM unnest($2::uuid[], $3::bytea[]) AS k(f, h)`,
    [actor.agencyId, files.map(({ id }) => id), headers],
  );
}

function eventsOf(actor: ActingOfficer, caseId: CaseId, { body, sha256 }: Registration): Entry[] {
  const common = {
    chain: { kind: 'case' as const, id: caseId },
    actor: actingAs(actor, ['investigator', 'prosecutor']),
    ...(body.teamId && { teamId: body.teamId }),
    result: 'done' as const,
  };
  const registered: Entry = {
    visibleTo: [],
    statement: {
      ...common,
      kind: 'exhibit-registered',
      exhibitId: body.id,
      hashAfter: sha256.toString('hex'),
      detail: {
        exhibitNumber: body.number,
        caseNumber: body.caseNumber,
        files: body.files.length,
        sealedSizeBytes: sealedSizeOf(body),
      },
    },
  };
  if (!body.supersedes) return [registered];
  const corrected: Entry = {
    visibleTo: [],
    statement: { ...common, kind: 'exhibit-corrected', exhibitId: body.supersedes, detail: { successor: body.id } },
  };
  return [registered, corrected];
}

function sealedSizeOf({ files }: RegisterExhibit): number {
  return files.reduce((sum, { sealedSizeBytes }) => sum + sealedSizeBytes, 0);
}

/** A unique key violated in words; ids of other agencies are taken without being seen. */
function problemOfTaken(error: unknown): Problem | null {
  if (sqlStateOf(error) !== UNIQUE_VIOLATION) return null;
  const { constraint } = (error as { driverError: { constraint?: string } }).driverError;
  if (constraint === 'exhibit_case_id_number_key')
    return new Problem('conflict', 'the case has an exhibit of this number already');
  if (constraint === 'exhibit_pkey') return new Problem('exists-with-other-content');
  return constraint === 'evidence_file_pkey'
    ? new Problem('exists-with-other-content', 'the id of a file is taken')
    : null;
}
