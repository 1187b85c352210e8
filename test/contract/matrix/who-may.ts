import { randomUUID } from 'node:crypto';
import type { TestWorld } from '../../support/api.js';
import { wrapFileKey } from '../../support/sample-exhibit.js';
import type { Part, Relation } from './cast.js';
import type { Objects } from './objects.js';

export interface Row {
  /** Who gets past every decision, by relation; no one of a relation that is not listed. */
  readonly may: Partial<Record<Relation, readonly Part[]>>;
  /** A body that the contract allows, so that nothing but authority stands in the way. */
  readonly body?: (objects: Objects, world: TestWorld, relation: Relation) => unknown;
  readonly query?: (objects: Objects) => string;
}

const everywhere = (parts: readonly Part[]): Row['may'] => ({
  own: parts,
  team: parts,
  sibling: parts,
  foreign: parts,
});

const MEMBERS = ['investigator', 'prosecutor', 'approver', 'agency-admin', 'auditor'] as const;
const ANYONE = [...MEMBERS, 'defence', 'uncertified'] as const;
const KEY_HOLDERS = [...MEMBERS, 'uncertified'] as const;
const COLLECTORS = ['investigator', 'prosecutor'] as const;
const GIVERS = [...COLLECTORS, 'approver'] as const;
/** The agency that holds it, the one that was given it, and the auditors of the holder's state. */
const ENTITLED: Row['may'] = {
  own: MEMBERS,
  team: ['investigator', 'prosecutor', 'approver', 'agency-admin'],
  sibling: ['auditor'],
};
const OVERSEERS: Row['may'] = { own: ['auditor'], sibling: ['auditor'] };
const ADMINISTRATORS = ['agency-admin'] as const;
const CASEWORKERS = [...GIVERS, 'auditor'] as const;
const PARTY_ADMINISTRATORS: Row['may'] = { own: ADMINISTRATORS, team: ADMINISTRATORS };
const PARTY_DRAFTERS: Row['may'] = { own: ['prosecutor', 'agency-admin'], team: ['prosecutor', 'agency-admin'] };
const REASON = () => ({ reason: 'a reason that was given' });

const wrapped = (bytes: number) =>
  Buffer.concat([Buffer.from('age-encryption.org/v1\n'), Buffer.alloc(bytes)]).toString('base64');

/** Every route that asks who is there, by its operation. One that is not here fails the test: say who may. */
export const WHO_MAY: Readonly<Record<string, Row>> = {
  // Directory
  listAgencies: { may: everywhere(ANYONE) },
  getAgency: { may: everywhere(ANYONE) },
  getOwnAgencyKeys: { may: everywhere(KEY_HOLDERS) },
  publishAgencyKeys: {
    may: { own: [...ADMINISTRATORS, 'uncertified'] },
    body: ({ statement }) => ({ statement, wrappedKeys: wrapped(200) }),
  },
  listStaleFileKeys: { may: everywhere([...ADMINISTRATORS, 'uncertified']) },
  rewrapFileKeys: {
    may: everywhere([...ADMINISTRATORS, 'uncertified']),
    body: ({ exhibit: { files } }, { directory }) => ({
      epoch: 1,
      fileKeys: files.map((file) => ({
        ...{ fileId: file.id, grantId: null },
        header: Buffer.from(wrapFileKey(file, directory.rome.keys.recipient)).toString('base64'),
      })),
    }),
  },
  changeAgency: { may: { own: [...ADMINISTRATORS, 'uncertified'] }, body: () => ({ competences: ['prosecution'] }) },
  rotateAgencyKeys: {
    may: { own: [...ADMINISTRATORS, 'uncertified'] },
    body: ({ statement }) => ({ statement, succession: statement, wrappedKeys: wrapped(200), certificates: [] }),
  },
  // None of the cast is of an oversight or a central authority.
  inviteAgency: {
    may: {},
    body: () => ({
      ...{ tokenSha256: '0'.repeat(64), state: 'LY', name: 'Coast Guard, Zuwara', kind: 'border' },
      ...{ email: 'admin@example.org', expiresAt: new Date(Date.now() + 86_400_000).toISOString() },
    }),
  },
  listInvitations: { may: everywhere([...ADMINISTRATORS, 'uncertified']) },
  // For who is no officer yet: to every officer it says so, of whatever role.
  inspectInvitation: { may: everywhere(ANYONE), body: () => ({ token: '0'.repeat(43) }) },
  acceptInvitation: { may: everywhere(ANYONE) },
  bindOfficer: { may: everywhere(ANYONE), body: () => ({ idToken: 'none' }) },
  addOfficer: {
    may: everywhere([...ADMINISTRATORS, 'uncertified']),
    body: () => ({ id: randomUUID(), name: 'S. Haddad', email: `${randomUUID()}@example.org`, roles: ['auditor'] }),
  },
  changeRoles: { may: { own: [...ADMINISTRATORS, 'uncertified'] }, body: () => ({ roles: ['auditor'] }) },
  revokeOfficer: { may: { own: [...ADMINISTRATORS, 'uncertified'] } },
  // The officer themselves too.
  departOfficer: { may: { own: [...ADMINISTRATORS, 'uncertified', 'investigator'] }, body: REASON },
  whoAmI: { may: everywhere(ANYONE) },
  listOfficers: { may: everywhere(KEY_HOLDERS) },
  getOfficer: { may: { own: ANYONE } },
  enrolKeys: {
    may: everywhere(ANYONE),
    body: (_, { directory }) => ({
      signingKey: directory.stranger.keys.signingKey,
      recipient: directory.stranger.keys.recipient,
    }),
  },
  certifyOfficer: {
    may: { own: [...ADMINISTRATORS, 'uncertified'] },
    body: ({ exhibit }) => ({ certificate: exhibit.jws, wrappedKeys: wrapped(200) }),
  },
  setFilterTeam: { may: { own: ADMINISTRATORS }, body: () => ({ member: false, ...REASON() }) },
  listAgreements: { may: everywhere(ANYONE) },
  beginAgreement: { may: PARTY_ADMINISTRATORS, body: ({ instrument }) => ({ instrument }) },
  getAgreement: { may: { own: ANYONE, team: ANYONE } },
  reviseAgreement: { may: PARTY_DRAFTERS, body: ({ draft }) => ({ draft }) },
  amendAgreement: { may: PARTY_DRAFTERS, body: ({ draft }) => ({ draft }) },
  signAgreement: { may: PARTY_ADMINISTRATORS, body: ({ exhibit }) => ({ signature: exhibit.jws.signatures[0] }) },
  suspendAgreement: { may: PARTY_ADMINISTRATORS, body: ({ exhibit }) => ({ word: exhibit.jws }) },
  resumeAgreement: { may: PARTY_ADMINISTRATORS, body: ({ exhibit }) => ({ word: exhibit.jws }) },
  endAgreement: { may: PARTY_ADMINISTRATORS, body: ({ exhibit }) => ({ word: exhibit.jws }) },
  getTeam: { may: { own: ANYONE, team: ANYONE } },
  appointOfficer: {
    may: { own: ADMINISTRATORS },
    body: ({ ids }) => ({ officerId: ids.officers, role: 'leader', appointed: true, ...REASON() }),
  },
  listTeams: { may: everywhere(ANYONE) },

  // Intake
  listExhibits: { may: everywhere(ANYONE) },
  registerExhibit: {
    may: everywhere(COLLECTORS),
    body: ({ unfinished: { registration } }) => ({
      ...registration,
      id: randomUUID(),
      number: randomUUID(),
      files: registration.files.map((file) => ({ ...file, id: randomUUID() })),
    }),
  },
  getExhibit: { may: ENTITLED },
  getExhibitTimestamps: { may: ENTITLED },
  getIntakeReceipt: { may: ENTITLED },
  submitManifest: { may: { own: COLLECTORS }, body: ({ exhibit }) => exhibit.jws },
  holdExhibit: { may: { own: ['prosecutor', 'approver'] }, body: REASON },
  releaseExhibit: { may: { own: ['prosecutor', 'approver'] }, body: REASON },
  listUploads: { may: { own: MEMBERS }, query: ({ unfinished }) => `?exhibitId=${unfinished.id}` },
  getUpload: { may: { own: MEMBERS } },
  putPart: { may: { own: COLLECTORS } },
  completeUpload: { may: { own: COLLECTORS } },

  // Sharing and retrieval
  proposeGrant: {
    may: { own: COLLECTORS },
    body: ({ exhibit }, { directory: { rome, teamId } }) => ({
      ...{ exhibitIds: [exhibit.id], teamId, toAgencyId: rome.id },
      ...{ purpose: 'trial of the vessel master', legalBasis: 'JIT agreement, clause 4' },
      expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
      wrappedKeys: exhibit.files.map((file) => ({
        fileId: file.id,
        header: Buffer.from(wrapFileKey(file, rome.keys.recipient)).toString('base64'),
      })),
    }),
  },
  listGrants: { may: everywhere(MEMBERS) },
  getGrant: { may: { own: MEMBERS, team: MEMBERS, sibling: ['auditor'] } },
  approveGrant: { may: { own: ['approver'] } },
  acceptGrant: { may: { team: GIVERS }, body: () => ({ undertaking: 'as the conditions say' }) },
  refuseGrant: { may: { own: GIVERS, team: GIVERS }, body: REASON },
  revokeGrant: { may: { own: GIVERS }, body: REASON },
  beginRetrieval: { may: { own: COLLECTORS, team: COLLECTORS }, body: () => ({ purpose: 'examination' }) },
  // A retrieval is its officer's own.
  downloadPayload: { may: { own: ['investigator'] } },
  downloadLeaves: { may: { own: ['investigator'] } },
  downloadAgeFile: { may: { own: ['investigator'] } },
  submitReceipt: { may: { own: ['investigator'] }, body: ({ exhibit }) => ({ receipt: exhibit.jws }) },

  releaseGrant: { may: {}, body: REASON },

  // Requests: the partner asks
  draftRequest: {
    may: everywhere(COLLECTORS),
    // An agency asks another, not itself.
    body: ({ form, ids, thirdAgencyId }, _, relation) => ({
      toAgencyId: relation === 'foreign' ? ids.agencies : thirdAgencyId,
      form,
    }),
  },
  listRequests: { may: everywhere(CASEWORKERS) },
  getRequestCalendar: { may: everywhere(CASEWORKERS) },
  getRequest: { may: { own: CASEWORKERS, team: CASEWORKERS, sibling: ['auditor'] } },
  changeRequest: { may: { team: COLLECTORS }, body: ({ form }) => ({ form }) },
  submitRequest: { may: { team: COLLECTORS } },
  acknowledgeRequest: { may: { own: ['prosecutor', 'approver'] } },
  answerRequest: { may: { own: ['prosecutor', 'approver'] }, body: () => ({ outcome: 'granted' }) },
  clarifyRequest: {
    may: { own: GIVERS, team: GIVERS },
    body: () => ({ text: 'which of the two telephones is meant?' }),
  },
  fulfilRequest: { may: { own: GIVERS }, body: ({ ids }) => ({ grantIds: [ids.grants] }) },
  closeRequest: { may: { team: COLLECTORS } },
  withdrawRequest: { may: { team: COLLECTORS }, body: REASON },

  // Record and audit
  listEvents: { may: everywhere(MEMBERS) },
  getEventProof: { may: { own: MEMBERS, team: MEMBERS, sibling: ['auditor'] } },
  proposeErasure: {
    may: { own: ['approver', 'agency-admin'] },
    body: () => ({ ground: { instrument: 'Directive (EU) 2016/680', number: 'Art. 16(2)', reason: 'kept too long' } }),
  },
  listErasures: { may: everywhere(['approver', 'agency-admin', 'auditor']) },
  getErasure: { may: { own: ['approver', 'agency-admin', 'auditor'], sibling: ['auditor'] } },
  approveErasure: { may: { own: ['approver'] } },
  refuseErasure: { may: { own: ['approver', 'agency-admin'] }, body: REASON },
  listReviews: { may: everywhere(['auditor']) },
  exportReviews: { may: everywhere(['auditor']) },
  getReview: { may: OVERSEERS },
  claimReview: { may: OVERSEERS },
  recordFinding: { may: OVERSEERS, body: () => ({ outcome: 'dismissed', text: 'nothing was amiss' }) },
};
