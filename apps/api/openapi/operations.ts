import type { ProblemCode } from '#domain/contract';
import { DIRECTORY_OPERATIONS } from './directory-operations.js';
import type { OperationNote } from './operation-note.js';
import { REQUEST_OPERATIONS } from './request-operations.js';

const STORE: readonly ProblemCode[] = ['storage-full'];
const CHANGE_OF_GRANT: readonly ProblemCode[] = ['forbidden', 'conflict'];
const CHANGE_OF_AGREEMENT: readonly ProblemCode[] = [
  ...(['forbidden', 'conflict', 'manifest-invalid', 'manifest-mismatch', 'key-not-certified'] as const),
];
const DOWNLOAD: readonly ProblemCode[] = ['forbidden', 'range-not-satisfiable'];

/** Every operation of the API by the handler that answers it. A test compares this list with the routes that there are. */
export const OPERATIONS: Readonly<Record<string, OperationNote>> = {
  'ShellController.about': { id: 'describePlatform', summary: 'Where to sign in, which log this is, its keys' },
  'OpenApiController.document': { id: 'getOpenApi', summary: 'This document' },
  'ShellController.explain': { id: 'explainProblem', summary: 'What a problem means', download: 'page' },

  'LogController.checkpoint': {
    id: 'getCheckpoint',
    summary: 'The last published head of the custody log, a signed note (C2SP tlog-checkpoint)',
    problems: ['not-found'],
    download: 'text',
  },
  'LogController.witnessed': {
    id: 'getWitnessedCheckpoint',
    summary: 'The last head that the platform’s own quorum of witnesses cosigned',
    problems: ['not-found'],
    download: 'text',
  },
  'LogController.succession': {
    id: 'getSuccession',
    summary: 'What the log that this one followed said at its end',
    problems: ['not-found'],
    download: 'text',
  },
  'LogController.promiseKeys': {
    id: 'getPromiseKeys',
    summary: 'Keys that promises of inclusion are signed with, each certified by the log',
  },
  'LogController.standing': {
    id: 'getLogStanding',
    summary: 'How the record stands: size, root, witnesses and how far behind each is, the last scrub',
  },
  'LogController.tile': {
    id: 'getTile',
    summary: 'A tile of hashes or a bundle of entries (C2SP tlog-tiles): `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`',
    download: 'log',
  },

  'LogTimestampsController.over': {
    id: 'getStampedHead',
    summary: 'The first head over at least so many entries that an RFC 3161 authority stamped, and its timestamp',
  },
  'ExhibitTimestampsController.ofExhibit': {
    id: 'getExhibitTimestamps',
    summary: 'The timestamp of an exhibit’s manifest, and the roots that it leads to',
    problems: ['forbidden'],
  },

  'AgreementsController.list': { id: 'listAgreements', summary: 'Agreements that the own agency is a party of' },
  'AgreementsController.begin': {
    id: 'beginAgreement',
    summary: 'Lays a first text before the parties, or puts in force what every party has signed',
    problems: ['forbidden', 'exists-with-other-content', 'manifest-invalid', 'manifest-mismatch', 'key-not-certified'],
    tagged: true,
  },
  'AgreementsController.find': {
    id: 'getAgreement',
    summary: 'An agreement: the text in force, where each party stands, and the text on the table',
    tagged: true,
  },
  'AgreementsController.revise': {
    id: 'reviseAgreement',
    summary: 'Lays another text before the parties in the place of the one on the table',
    problems: CHANGE_OF_AGREEMENT,
    tagged: true,
  },
  'AgreementsController.amend': {
    id: 'amendAgreement',
    summary: 'Lays a text before the parties that would replace the one in force, which goes on until all have signed',
    problems: CHANGE_OF_AGREEMENT,
    tagged: true,
  },
  'AgreementsController.sign': {
    id: 'signAgreement',
    summary: 'Adds the own agency’s signature; with the last one the text is in force, once its time has come',
    problems: CHANGE_OF_AGREEMENT,
    tagged: true,
  },
  'AgreementsController.suspend': {
    id: 'suspendAgreement',
    summary: 'Suspends the own agency’s part, by its signed word: nothing flows to or from it, at once',
    problems: CHANGE_OF_AGREEMENT,
    tagged: true,
  },
  'AgreementsController.resume': {
    id: 'resumeAgreement',
    summary: 'Takes the own agency’s suspended part up again, by its signed word',
    problems: CHANGE_OF_AGREEMENT,
    tagged: true,
  },
  'AgreementsController.end': {
    id: 'endAgreement',
    summary: 'Ends the own agency’s part for good, by its signed word; between others the agreement goes on',
    problems: CHANGE_OF_AGREEMENT,
    tagged: true,
  },

  'TeamsController.list': { id: 'listTeams', summary: 'Teams that the own agency is in' },
  'TeamsController.find': { id: 'getTeam', summary: 'A team, who leads and who administers it' },
  'TeamsController.appoint': {
    id: 'appointOfficer',
    summary: 'Appoints an officer of the own agency to lead or administer the team, or ends that',
    problems: ['forbidden'],
  },

  'ExhibitsController.registerExhibit': {
    id: 'registerExhibit',
    summary: 'Announces an exhibit: the facts of its seizure and the files to come',
    problems: ['forbidden', 'not-found', 'conflict', 'exists-with-other-content', 'facts-incomplete'],
    tagged: true,
  },
  'ExhibitsController.list': { id: 'listExhibits', summary: 'Exhibits that the officer may know of, the newest first' },
  'ExhibitsController.find': {
    id: 'getExhibit',
    summary: 'An exhibit with its facts, manifest and files',
    problems: ['forbidden'],
    tagged: true,
  },
  'ExhibitsController.signManifest': {
    id: 'submitManifest',
    summary: 'Hands in the signed manifest, once',
    problems: ['forbidden', 'signer-not-certified', 'conflict', 'manifest-mismatch', 'manifest-invalid'],
    tagged: true,
  },
  'ExhibitsController.hold': {
    id: 'holdExhibit',
    summary: 'Holds an exhibit against disclosure',
    problems: ['forbidden', 'conflict'],
    tagged: true,
  },
  'ExhibitsController.release': {
    id: 'releaseExhibit',
    summary: 'Ends a hold',
    problems: ['forbidden', 'conflict'],
    tagged: true,
  },
  'ExhibitsController.receipt': {
    id: 'getIntakeReceipt',
    summary: 'What the officer keeps: manifest, seal, and the proof that the log has it',
    problems: ['forbidden', 'conflict'],
  },

  'UploadsController.list': {
    id: 'listUploads',
    summary: 'Uploads of an exhibit, in the order of its files',
    problems: ['not-found'],
  },
  'UploadsController.find': { id: 'getUpload', summary: 'What the store really has of a file', tagged: true },
  'UploadsController.putPart': {
    id: 'putPart',
    summary: 'Sends a part of a sealed file',
    problems: [
      ...(['short-body', 'short-part', 'digest-missing', 'forbidden', 'conflict', 'part-size', 'part-offset'] as const),
      ...(['length-required', 'media-type', 'digest-mismatch'] as const),
      ...STORE,
    ],
    part: true,
  },
  'UploadsController.complete': {
    id: 'completeUpload',
    summary: 'All parts are there: joins, locks and records the file',
    problems: ['forbidden', 'conflict', ...STORE],
    tagged: true,
  },

  'RetrievalsController.begin': {
    id: 'beginRetrieval',
    summary: 'States the purpose and opens an exhibit for reading; on the record before the answer',
    problems: ['forbidden', 'conflict'],
  },
  'RetrievalsController.payload': {
    id: 'downloadPayload',
    summary: 'A stored object, or one range of it',
    problems: DOWNLOAD,
    download: 'evidence',
  },
  'RetrievalsController.leaves': {
    id: 'downloadLeaves',
    summary: 'Hashes of an object’s chunks, 32 bytes each',
    problems: DOWNLOAD,
    download: 'evidence',
  },
  'RetrievalsController.age': {
    id: 'downloadAgeFile',
    summary: 'A whole age file: the header for the officer’s agency, then the object',
    problems: DOWNLOAD,
    download: 'evidence',
  },
  'RetrievalsController.receipt': {
    id: 'submitReceipt',
    summary: 'Leaves the recipient’s signed receipt',
    problems: ['signer-not-certified', 'conflict', 'manifest-mismatch', 'manifest-invalid'],
  },

  'SharingController.propose': {
    id: 'proposeGrant',
    summary: 'Proposes to share exhibits with an agency of the team',
    problems: ['forbidden', 'not-found', 'conflict'],
    tagged: true,
  },
  'SharingController.list': {
    id: 'listGrants',
    summary: 'Grants given and received, the newest first',
    problems: ['forbidden'],
  },
  'SharingController.find': { id: 'getGrant', summary: 'A grant', problems: ['forbidden'], tagged: true },
  'SharingController.approve': {
    id: 'approveGrant',
    summary: 'Approves a grant, as a second officer',
    problems: [...CHANGE_OF_GRANT, 'own-proposal'],
    tagged: true,
  },
  'SharingController.accept': {
    id: 'acceptGrant',
    summary: 'Accepts a grant with an undertaking',
    problems: CHANGE_OF_GRANT,
    tagged: true,
  },
  'SharingController.release': {
    id: 'releaseGrant',
    summary: 'Releases a grant from or to a third state, as an administrator of the team, with reasons',
    problems: [...CHANGE_OF_GRANT, 'own-proposal'],
    tagged: true,
  },
  'SharingController.refuse': {
    id: 'refuseGrant',
    summary: 'Refuses a grant',
    problems: CHANGE_OF_GRANT,
    tagged: true,
  },
  'SharingController.revoke': {
    id: 'revokeGrant',
    summary: 'Revokes a grant',
    problems: CHANGE_OF_GRANT,
    tagged: true,
  },

  ...DIRECTORY_OPERATIONS,
  ...REQUEST_OPERATIONS,

  'FilterTeamController.set': {
    id: 'setFilterTeam',
    summary: 'Puts an officer of the own agency on the filter team for privileged material, or takes them off it',
    problems: ['forbidden', 'conflict'],
  },

  'EventsController.list': {
    id: 'listEvents',
    summary: 'The record of custody, for those entitled to it; reading is itself an event',
    problems: ['forbidden', 'not-found'],
  },
  'EventsController.proof': {
    id: 'getEventProof',
    summary: 'That the log holds an event (c2sp.org/tlog-proof@v1)',
    problems: ['conflict'],
    download: 'text',
  },

  'ErasureController.propose': {
    id: 'proposeErasure',
    summary: 'Proposes to destroy salt and body of an event under law',
    problems: ['forbidden', 'conflict'],
    tagged: true,
  },
  'ErasureController.list': {
    id: 'listErasures',
    summary: 'Erasures proposed in the own agency, and overseen, the newest first',
    problems: ['forbidden'],
  },
  'ErasureController.find': { id: 'getErasure', summary: 'An erasure', problems: ['forbidden'], tagged: true },
  'ErasureController.approve': {
    id: 'approveErasure',
    summary: 'Erases the event, as a second officer; its commitment stays in the log',
    problems: ['forbidden', 'conflict', 'own-proposal'],
    tagged: true,
  },
  'ErasureController.refuse': {
    id: 'refuseErasure',
    summary: 'Refuses an erasure, or withdraws one’s own',
    problems: ['forbidden', 'conflict'],
    tagged: true,
  },

  'LogoutController.end': {
    id: 'endSession',
    summary: 'The issuer says that a session has ended (OpenID Connect Back-Channel Logout 1.0)',
  },

  'AuditController.list': { id: 'listReviews', summary: 'Reviews that wait or were done', problems: ['forbidden'] },
  'AuditController.find': { id: 'getReview', summary: 'A review', problems: ['forbidden'], tagged: true },
  'AuditController.export': {
    id: 'exportReviews',
    summary: 'All reviews as one file',
    problems: ['forbidden'],
    download: 'export',
  },
  'AuditController.claim': {
    id: 'claimReview',
    summary: 'Claims a review',
    problems: ['forbidden', 'conflict'],
    tagged: true,
  },
  'AuditController.record': {
    id: 'recordFinding',
    summary: 'Records what a review came to',
    problems: ['forbidden', 'conflict'],
    tagged: true,
  },
};
