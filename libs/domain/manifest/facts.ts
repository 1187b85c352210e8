import { z } from 'zod';
import { ZonedTime, isDate, line, prose } from './text.js';

/** The answer of an officer who could not find out. Free text takes it anyhow; these take it beside their own form. */
const Unknown = z.literal('unknown');
const YesNo = z.enum(['yes', 'no', 'unknown'], 'must be "yes", "no" or "unknown"');
const NOT_A_COUNT = 'must be a whole number or "unknown"';
const Count = z.union([z.int(NOT_A_COUNT).min(0, NOT_A_COUNT), Unknown], NOT_A_COUNT);
const TimeOrUnknown = z.union([ZonedTime, Unknown], 'must be a time with the offset of its zone, or "unknown"');

function oneOf<const Choice extends string>(...choices: readonly Choice[]): z.ZodEnum<{ [C in Choice]: C }> {
  return z.enum(choices, `must be one of ${choices.map((choice) => `"${choice}"`).join(', ')}`);
}

const Source = z.strictObject({
  type: line(100),
  make: line(100).exactOptional(),
  model: line(100).exactOptional(),
  colour: line(50).exactOptional(),
  serialNumber: line(100).exactOptional(),
  imei: z.array(line(50)).max(8).exactOptional(),
  iccid: z.array(line(50)).max(8).exactOptional(),
  macAddress: z.array(line(50)).max(32).exactOptional(),
  cloudAccount: line().exactOptional(),
  description: prose(2000).exactOptional(),
  power: oneOf('on', 'off', 'unknown').exactOptional(),
  lock: oneOf('locked', 'unlocked', 'unknown').exactOptional(),
  network: oneOf('connected', 'isolated', 'unknown').exactOptional(),
});

const Seizure = z.strictObject({
  at: ZonedTime,
  timeZone: line(100).exactOptional(),
  place: line(500),
  coordinates: z
    .strictObject({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) })
    .exactOptional(),
  officer: line(200),
  agency: line(200),
  witness: line(200).exactOptional(),
  personAffected: line(200).exactOptional(),
  accessCode: z.strictObject({ given: YesNo, compelled: YesNo }).exactOptional(),
  failedUnlockAttempts: Count.exactOptional(),
});

const LegalBasis = z.strictObject({
  instrument: line(),
  number: line(100).exactOptional(),
  authority: line(),
  validatingAuthority: line().exactOptional(),
  offence: line(500),
  dataCategory: line(),
  period: line().exactOptional(),
  necessity: prose(),
  emergencyReasons: prose().exactOptional(),
  priorReview: line(500).exactOptional(),
});

const Acquisition = z
  .strictObject({
    method: line(),
    tool: line(200),
    toolVersion: line(100),
    toolArguments: line(4000).exactOptional(),
    operator: line(200).exactOptional(),
    startedAt: TimeOrUnknown,
    endedAt: TimeOrUnknown,
    place: line(500).exactOptional(),
    writeBlocker: line(200).exactOptional(),
    readErrors: prose(4000).exactOptional(),
    format: line(100).exactOptional(),
    segments: Count.exactOptional(),
    sourceSizeBytes: Count.exactOptional(),
  })
  // NaN, of "unknown", is on neither side of a comparison.
  .refine(({ startedAt, endedAt }) => !(Date.parse(endedAt) < Date.parse(startedAt)), {
    path: ['endedAt'],
    error: 'must not be before the start',
  });

const Retention = z.strictObject({
  class: line(100).exactOptional(),
  reviewAt: z.string().refine(isDate, 'must be a day, such as 2027-11-20').exactOptional(),
});

/**
 * The facts of an exhibit's seizure and acquisition, as the officer states and signs them (domain.md, "Exhibit intake").
 * What is required is what an officer in the field can always answer.
 */
export const Facts = z.strictObject({
  exhibitNumber: line(100),
  caseNumber: line(100),
  parentExhibitNumber: line(100).exactOptional(),
  role: oneOf('original', 'working-copy', 'derived').exactOptional(),
  source: Source,
  seizure: Seizure,
  legalBasis: LegalBasis,
  acquisition: Acquisition,
  flags: z
    .array(oneOf('privilege', 'minor', 'asylum', 'special-category', 'victim'))
    .max(5)
    .refine((flags) => new Set(flags).size === flags.length, 'must not name one twice')
    .exactOptional(),
  retention: Retention.exactOptional(),
  remarks: prose().exactOptional(),
});
export type Facts = z.infer<typeof Facts>;
