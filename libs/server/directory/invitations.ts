import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type ActingOfficer, deny } from '#domain/authority';
import {
  type AcceptInvitation,
  type InvitationView,
  type InviteAgency,
  type OfficerView,
  type Page,
  type PageQuery,
  Problem,
} from '#domain/contract';
import { AgencyId, OfficerId } from '#domain/evidence';
import { PublicJwk, thumbprintOf, verifyAgencyStatement } from '#domain/manifest';
import { actingAs, refusal } from '#server/authority';
import { CONFIG, type Config } from '#server/config';
import { Custody } from '#server/custody';
import { Database, sqlStateOf, type Transaction, UNIQUE_VIOLATION } from '#server/database';
import { Idempotency, type IdempotencyClaim } from '#server/idempotency';
import { asProblem, keyBundle } from './agencies.js';
import { lockedAgency } from './agency-changes.js';
import { instant } from './agency-rows.js';
import { checkCertificate, type CheckedCertificate } from './check-certificate.js';
import { keysetPage } from './keyset-page.js';
import { certifiedEvent, lockedOfficer } from './officer-rows.js';

const COLUMNS = `id, agency_id AS "agencyId", officer_id AS "officerId", state, name, kind, competences, email,
  ${instant('expires_at')} AS "expiresAt", ${instant('accepted_at')} AS "acceptedAt"`;
const LONGEST_MS = 30 * 86_400_000;

/** Who accepts, and whose address the issuer verified. */
export interface Accepting {
  readonly subject: string;
  readonly email: string;
}

/** How agencies come into the directory. */
@Injectable()
export class Invitations {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly idempotency: Idempotency,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Invites an agency of the own state. Each state says itself which of its authorities are competent (UNTOC Art. 18(13)), so that
   * no agency, however high, brings one of another state in; the first of a state are invited by who keeps the platform.
   * @throws Problem 'forbidden', 'conflict', 'malformed-request'
   */
  async invite(actor: ActingOfficer, claim: IdempotencyClaim | null, body: InviteAgency): Promise<InvitationView> {
    const entitled = actor.certified && actor.roles.includes('agency-admin');
    if (!entitled) throw refusal(deny(actor.certified ? 'role-not-entitled' : 'officer-not-certified'));
    const by = { officerId: actor.officerId, agencyId: actor.agencyId };
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        const agency = await lockedAgency(tx, actor.agencyId);
        const mayInvite = agency.kind === 'oversight' || agency.competences.includes('central-authority');
        if (!mayInvite || agency.state !== body.state) throw refusal(deny('not-inviting-authority'));
        const invitation = await keepInvitation(tx, body, by, new Date());
        await this.custody.append(tx, [
          {
            visibleTo: [],
            statement: {
              kind: 'agency-invited',
              chain: { kind: 'agency', id: actor.agencyId },
              actor: actingAs(actor, ['agency-admin']),
              result: 'done',
              detail: { invited: invitation.agencyId, state: invitation.state, kind: invitation.kind },
            },
          },
        ]);
        return invitation;
      }),
    );
  }

  /** Of the own agency, in the order of their ids. */
  list(actor: ActingOfficer, query: PageQuery): Promise<Page<InvitationView>> {
    if (!actor.roles.includes('agency-admin')) throw refusal(deny('role-not-entitled'));
    return this.database.asOfficer(actor, (tx) => {
      const run = <Row>(sql: string, parameters: readonly unknown[]) => tx.query<Row[]>(sql, [...parameters]);
      return keysetPage<InvitationView>(
        run,
        { select: `SELECT ${COLUMNS} FROM amana.invitation`, keys: ['id'], casts: { id: 'uuid' } },
        query,
      );
    });
  }

  /** @throws Problem 'not-found', the same for a token that was used, has expired, or never was one */
  async open(token: string): Promise<InvitationView> {
    const [invitation] = await this.database.query<InvitationView>(`SELECT ${COLUMNS} FROM amana.open_invitation($1)`, [
      Buffer.from(token, 'base64url'),
    ]);
    if (!invitation) throw noInvitation();
    return invitation;
  }

  /**
   * The agency comes to be, with its first keys and an administrator certified with them, or nothing does.
   * @throws Problem 'not-found' as `open`, and for who is not the one invited; 'manifest-invalid', 'manifest-mismatch', 'malformed-request',
   *   'conflict'
   */
  async accept(person: Accepting, body: AcceptInvitation): Promise<OfficerView> {
    const invited = await this.open(body.token);
    if (invited.email.toLowerCase() !== person.email.toLowerCase()) throw noInvitation();
    const checked = await checkDocuments(invited, body);
    const roles = ['agency-admin'] as const;
    const actor = {
      officerId: invited.officerId,
      agencyId: invited.agencyId,
      state: invited.state,
      roles,
      certified: true,
    };
    try {
      return await this.database.asOfficer(actor, async (tx) => {
        const taken = await tx.query<unknown[]>(`SELECT FROM amana.accept_invitation($1, $2, $3, $4, $5)`, [
          Buffer.from(body.token, 'base64url'),
          this.config.issuer,
          person.subject,
          person.email,
          body.administrator,
        ]);
        if (taken.length === 0) throw noInvitation();
        await keepDocuments(tx, actor, body, checked);
        await this.custody.append(tx, [
          ...(['agency-joined', 'agency-certified'] as const).map((kind) => ({
            visibleTo: [],
            statement: {
              kind,
              chain: { kind: 'agency' as const, id: actor.agencyId },
              actor: actingAs(actor, roles),
              ...(kind === 'agency-certified' && { hashAfter: checked.statementSha256 }),
              result: 'done' as const,
              detail: kind === 'agency-joined' ? { invitation: invited.id } : { epoch: 1 },
            },
          })),
          certifiedEvent(actor, checked),
        ]);
        return (await lockedOfficer(tx, actor.officerId, actor.agencyId)).view;
      });
    } catch (error) {
      if (sqlStateOf(error) !== UNIQUE_VIOLATION) throw error;
      throw new Problem(
        'conflict',
        'the name of the agency, or the address, subject or keys of its administrator, are taken',
      );
    }
  }
}

/**
 * Keeps an invitation, by the digest of its token. @param by null for who keeps the platform
 * @throws Problem 'conflict', 'malformed-request'
 */
export async function keepInvitation(
  tx: Transaction,
  body: InviteAgency,
  by: { readonly officerId: OfficerId; readonly agencyId: AgencyId } | null,
  now: Date,
): Promise<InvitationView> {
  const expiresAt = new Date(body.expiresAt);
  if (expiresAt <= now || expiresAt.getTime() > now.getTime() + LONGEST_MS)
    throw new Problem('malformed-request', 'an invitation is open for 30 days at most, and ends in the future');
  const [named] = await tx.query<unknown[]>(`SELECT FROM amana.agency WHERE name = $1`, [body.name]);
  if (named) throw new Problem('conflict', 'an agency of this name is in the directory');
  try {
    const [invitation] = await tx.query<InvitationView[]>(
      `INSERT INTO amana.invitation (id, token_sha256, agency_id, officer_id, state, name, kind, competences, email, invited_by, inviting_agency, invited_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING ${COLUMNS}`,
      [
        ...[randomUUID(), Buffer.from(body.tokenSha256, 'hex'), randomUUID(), randomUUID()],
        ...[body.state, body.name, body.kind, body.competences, body.email],
        ...[by?.officerId ?? null, by?.agencyId ?? null, now, expiresAt],
      ],
    );
    if (!invitation) throw new Error('an invitation was not kept');
    return invitation;
  } catch (error) {
    if (sqlStateOf(error) === UNIQUE_VIOLATION)
      throw new Problem('conflict', 'the token was used for another invitation');
    throw error;
  }
}

interface Checked extends CheckedCertificate {
  readonly statementSha256: string;
}

/** First keys of the agency that was invited, and a certificate by them of its administrator's. */
async function checkDocuments(invited: InvitationView, body: AcceptInvitation): Promise<Checked> {
  const { statement, payloadSha256 } = await verifyAgencyStatement(body.statement).catch(asProblem);
  if (
    statement.agencyId !== invited.agencyId ||
    statement.state !== invited.state ||
    statement.name !== invited.name ||
    statement.epoch !== 1
  ) {
    throw new Problem('manifest-mismatch', 'the statement is not of the first keys of the agency that was invited');
  }
  if (!PublicJwk.safeParse(body.keys.signingKey).success)
    throw new Problem('malformed-request', 'the signing key is not an Ed25519 key');
  const checked = await checkCertificate(body.certificate, statement, {
    id: invited.officerId,
    agencyId: invited.agencyId,
    roles: ['agency-admin'],
    signingKid: await thumbprintOf(body.keys.signingKey),
    recipient: body.keys.recipient,
  });
  if (checked.certificate.name !== body.administrator)
    throw new Problem('manifest-mismatch', 'the certificate names the administrator otherwise');
  return { ...checked, statementSha256: payloadSha256 };
}

async function keepDocuments(
  tx: Transaction,
  { agencyId, officerId }: ActingOfficer,
  { statement, wrappedKeys, keys, certificate }: AcceptInvitation,
  { kid }: Checked,
): Promise<void> {
  await tx.query(`INSERT INTO amana.agency_key_bundle (agency_id, epoch, wrapped_keys) VALUES ($1, 1, $2)`, [
    agencyId,
    keyBundle(wrappedKeys),
  ]);
  await tx.query(`UPDATE amana.agency SET statement = $2, key_epoch = 1 WHERE id = $1`, [agencyId, statement]);
  await tx.query(
    `UPDATE amana.officer SET key_state = 'certified', signing_key = $2, signing_kid = $3, recipient = $4, certificate = $5 WHERE id = $1`,
    [officerId, keys.signingKey, kid, keys.recipient, certificate],
  );
}

function noInvitation(): Problem {
  return new Problem('not-found', 'no invitation is open under this token, for who asks');
}
