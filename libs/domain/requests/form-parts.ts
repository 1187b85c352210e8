import { z } from 'zod';
import { UtcInstant } from '#domain/evidence';
import { URGENCIES } from './instruments.js';

/** Nothing that turns text round or that a database cannot keep. */
const PLAIN = /^[^\p{Cc}\p{Cs}\u202a-\u202e]*$/u;
const PLAIN_LINES = /^(?:[^\p{Cc}\p{Cs}\u202a-\u202e]|[\n\t])*$/u;
const SAYS_SOMETHING = /[\p{L}\p{N}]/u;

/** A short text on one line. */
export const line = (max: number) =>
  z
    .string()
    .max(max)
    .regex(PLAIN, 'has a character that is not to be printed')
    .regex(SAYS_SOMETHING, 'must say something');
/** A longer text, in paragraphs. */
export const words = (max: number) =>
  z
    .string()
    .max(max)
    .regex(PLAIN_LINES, 'has a character that is not to be printed')
    .regex(SAYS_SOMETHING, 'must say something');

/** ISO 3166 code. */
const StateCode = z.string().regex(/^[A-Z]{2}$/, 'not an ISO 3166 code');
/** ISO 639 code. */
const Language = z.string().regex(/^[a-z]{2,3}$/, 'not an ISO 639 code');
/** A day as law and passports have it. */
export const Day = z.iso.date();

/** What every form has, whatever its instrument. */
export const COMMON = {
  /** The asking authority's own file number. */
  reference: line(200),
  /** That it is written in. */
  language: Language,
  urgency: z.enum(URGENCIES),
  /** Why it is urgent, or an emergency. */
  urgencyReason: words(4000).optional(),
  /** A date asked for, where the instrument's own period would be too long. */
  executeBy: UtcInstant.optional(),
};

/** What is urgent says why, and so does whoever asks for a date. */
export function statesItsUrgency(
  form: {
    readonly urgency: string;
    readonly urgencyReason?: string | undefined;
    readonly executeBy?: string | undefined;
  },
  context: z.RefinementCtx,
): void {
  if (form.urgencyReason !== undefined) return;
  if (form.urgency === 'routine' && form.executeBy === undefined) return;
  context.addIssue({ code: 'custom', path: ['urgencyReason'], message: 'must say why it is urgent' });
}

const JUDICIAL = ['judge', 'court', 'investigating-judge'] as const;
const AUTHORITY_KINDS = [...JUDICIAL, 'public-prosecutor', 'other-competent-authority'] as const;

/** An authority, and whom to ask there. */
export const Authority = z.strictObject({
  kind: z.enum(AUTHORITY_KINDS),
  name: line(300),
  /** Who signs for it, and in what function. */
  official: line(200),
  function: line(200),
  fileNumber: line(200).optional(),
  address: line(500).optional(),
  telephone: line(60),
  email: z.email().max(254),
  languages: z.array(Language).min(1).max(10),
});
export type Authority = z.infer<typeof Authority>;

/** A judge, court, investigating judge or public prosecutor: who issues without another's validation. */
export const isJudicial = ({ kind }: Authority): boolean => kind !== 'other-competent-authority';
/** A judge, court or investigating judge: who alone may order traffic and content data. */
export const isCourt = ({ kind }: Authority): boolean => (JUDICIAL as readonly string[]).includes(kind);

const NaturalPerson = z
  .strictObject({
    kind: z.literal('natural'),
    /** Under which the asking authority knows them, where the name is not to be told. */
    pseudonym: line(200).optional(),
    familyName: line(200).optional(),
    givenNames: line(200).optional(),
    alias: line(300).optional(),
    nationality: StateCode.optional(),
    dateOfBirth: Day.optional(),
    placeOfBirth: line(200).optional(),
    identityDocument: line(200).optional(),
    address: line(500).optional(),
    position: z.enum(['suspect', 'victim', 'witness', 'expert', 'third-party', 'unknown']),
    minor: z.boolean().optional(),
  })
  .refine((person) => person.familyName !== undefined || person.pseudonym !== undefined, {
    path: ['familyName'],
    message: 'a person has a family name or a pseudonym',
  });
const LegalPerson = z.strictObject({
  kind: z.literal('legal'),
  name: line(300),
  registrationNumber: line(100).optional(),
  seat: line(500).optional(),
  representative: line(200).optional(),
});
/** A person concerned, as far as known (Directive 2014/41/EU Annex A section E; UNTOC Art. 18(15)(e)). */
const Person = z.discriminatedUnion('kind', [NaturalPerson, LegalPerson]);
export const Persons = z.array(Person).max(100);

/** Offences for which double criminality is not verified, where they carry three years (Directive 2014/41/EU Annex D). */
const LISTED_OFFENCES = [
  ...['criminal-organisation', 'terrorism', 'trafficking-in-human-beings', 'child-sexual-exploitation'],
  ...['illicit-drugs', 'illicit-weapons', 'corruption', 'fraud', 'laundering', 'counterfeiting-currency'],
  ...['computer-related-crime', 'environmental-crime', 'facilitation-of-unauthorised-entry', 'murder'],
  ...[
    'illicit-trade-in-organs',
    'kidnapping',
    'racism-and-xenophobia',
    'armed-robbery',
    'trafficking-in-cultural-goods',
  ],
  ...['swindling', 'racketeering', 'counterfeiting-of-products', 'forgery-of-documents', 'forgery-of-payment-means'],
  ...['hormonal-substances', 'nuclear-materials', 'stolen-vehicles', 'rape', 'arson'],
  ...['crimes-of-the-international-criminal-court', 'seizure-of-aircraft-or-ships', 'sabotage'],
] as const;

const Offence = z
  .strictObject({
    description: line(500),
    /** The law that it breaks, and where in it. */
    provision: line(500),
    /** Years of deprivation of liberty that it carries at most. */
    maximumYears: z.number().min(0).max(100).optional(),
    listed: z.enum(LISTED_OFFENCES).optional(),
  })
  .refine(({ listed, maximumYears }) => listed === undefined || (maximumYears ?? 0) >= 3, {
    path: ['maximumYears'],
    message: 'a listed offence carries at least three years',
  });
export const Offences = z.array(Offence).min(1).max(50);

/** What is asked for, or given. */
const Evidence = z.strictObject({
  kind: z.enum([
    ...['device', 'forensic-image', 'subscriber-data', 'traffic-data', 'content-data', 'document', 'record', 'other'],
  ] as const),
  description: words(4000),
  /** Where it is thought to be. */
  location: line(500).optional(),
  from: UtcInstant.optional(),
  until: UtcInstant.optional(),
});
export const EvidenceSought = z.array(Evidence).min(1).max(100);
