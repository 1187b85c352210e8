import { z } from 'zod';

/** Lower-case UUID, version 4 or 7 (RFC 9562). Exhibit and file ids are made by the officer's client, offline. */
const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'not a lower-case UUID');

export const AgencyId = uuid.brand('AgencyId');
export const OfficerId = uuid.brand('OfficerId');
export const AgreementId = uuid.brand('AgreementId');
export const TeamId = uuid.brand('TeamId');
export const CaseId = uuid.brand('CaseId');
export const ExhibitId = uuid.brand('ExhibitId');
export const FileId = uuid.brand('FileId');
export const GrantId = uuid.brand('GrantId');
export const RetrievalId = uuid.brand('RetrievalId');
export const EventId = uuid.brand('EventId');
export const ReviewId = uuid.brand('ReviewId');
export const ErasureId = uuid.brand('ErasureId');
export const RequestId = uuid.brand('RequestId');

export type AgencyId = z.infer<typeof AgencyId>;
export type OfficerId = z.infer<typeof OfficerId>;
export type AgreementId = z.infer<typeof AgreementId>;
export type TeamId = z.infer<typeof TeamId>;
export type CaseId = z.infer<typeof CaseId>;
export type ExhibitId = z.infer<typeof ExhibitId>;
export type FileId = z.infer<typeof FileId>;
export type GrantId = z.infer<typeof GrantId>;
export type RetrievalId = z.infer<typeof RetrievalId>;
export type EventId = z.infer<typeof EventId>;
export type ReviewId = z.infer<typeof ReviewId>;
export type ErasureId = z.infer<typeof ErasureId>;
export type RequestId = z.infer<typeof RequestId>;
