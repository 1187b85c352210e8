import type { ProblemCode } from '#domain/contract';
import type { OperationNote } from './operation-note.js';

const DOCUMENT: readonly ProblemCode[] = ['forbidden', 'conflict', 'manifest-invalid', 'manifest-mismatch'];

/** Operations of the directory: agencies, their keys, and their officers. */
export const DIRECTORY_OPERATIONS: Readonly<Record<string, OperationNote>> = {
  'AgenciesController.list': {
    id: 'listAgencies',
    summary: 'The directory of competent authorities: those for which all holds that is asked',
  },
  'AgenciesController.wrappedKeys': {
    id: 'getOwnAgencyKeys',
    summary: 'Private halves of the own agency’s keys, for the officers that they are wrapped to',
    problems: ['not-found'],
  },
  'AgenciesController.staleFileKeys': {
    id: 'listStaleFileKeys',
    summary: 'File keys that are still wrapped to keys of the own agency that others have followed',
    problems: ['forbidden'],
  },
  'AgenciesController.rewrapFileKeys': {
    id: 'rewrapFileKeys',
    summary: 'Hands in file keys as they are wrapped to the keys in use',
    problems: ['forbidden', 'conflict'],
  },
  'AgenciesController.find': { id: 'getAgency', summary: 'An agency and all its public keys', tagged: true },
  'AgenciesController.change': {
    id: 'changeAgency',
    summary: 'Changes contact points or competences of the own agency',
    problems: ['forbidden'],
    tagged: true,
  },
  'AgenciesController.publishKeys': {
    id: 'publishAgencyKeys',
    summary: 'Publishes the own agency’s first keys',
    problems: DOCUMENT,
    tagged: true,
  },
  'AgenciesController.rotate': {
    id: 'rotateAgencyKeys',
    summary: 'Has keys of the next epoch follow those in use, and certifies every officer anew with them',
    problems: DOCUMENT,
    tagged: true,
  },

  'InvitationsController.invite': {
    id: 'inviteAgency',
    summary: 'Invites an agency of the own state into the directory',
    problems: ['forbidden', 'conflict'],
  },
  'InvitationsController.list': {
    id: 'listInvitations',
    summary: 'Invitations by the own agency',
    problems: ['forbidden'],
  },
  'InvitationsController.inspect': {
    id: 'inspectInvitation',
    summary: 'What an invitation says, for somebody signed in at the issuer who is no officer',
    problems: ['not-found', 'conflict'],
  },
  'InvitationsController.accept': {
    id: 'acceptInvitation',
    summary: 'Completes an invitation with the agency’s first keys and its administrator’s own',
    problems: ['not-found', 'conflict', 'manifest-invalid', 'manifest-mismatch'],
  },

  'OfficersController.list': { id: 'listOfficers', summary: 'Officers of the own agency' },
  'OfficersController.me': { id: 'whoAmI', summary: 'Whom the access token speaks for' },
  'OfficersController.find': { id: 'getOfficer', summary: 'An officer of the own agency', tagged: true },
  'OfficersController.add': {
    id: 'addOfficer',
    summary: 'Adds an officer to the own agency',
    problems: ['forbidden', 'conflict', 'exists-with-other-content'],
    tagged: true,
  },
  'OfficersController.enrol': {
    id: 'enrolKeys',
    summary: 'Enrols the public halves of the own keys',
    problems: ['conflict'],
    tagged: true,
  },
  'OfficersController.certify': {
    id: 'certifyOfficer',
    summary: 'Certifies an officer’s enrolled keys',
    problems: DOCUMENT,
    tagged: true,
  },
  'OfficersController.changeRoles': {
    id: 'changeRoles',
    summary: 'Gives an officer other roles, with a certificate that names them',
    problems: DOCUMENT,
    tagged: true,
  },
  'OfficersController.revoke': {
    id: 'revokeOfficer',
    summary: 'Takes an officer’s certificate away, who stays and enrols other keys',
    problems: ['forbidden', 'conflict'],
    tagged: true,
  },
  'OfficersController.depart': {
    id: 'departOfficer',
    summary: 'An officer leaves the agency, and is locked out from the next request on',
    problems: ['forbidden', 'conflict'],
    tagged: true,
  },
  'BindingController.bind': {
    id: 'bindOfficer',
    summary: 'Binds an officer who was added by their address to who signs in with it, once',
    problems: ['not-found', 'conflict'],
  },
};
