/** One question of the intake form. */
export interface FactsField {
  /** Where its answer stands in `Facts`, joined with dots. */
  readonly path: string;
  /** What is asked for, to be read in a sentence: "the place of seizure". */
  readonly name: string;
  /** An answer of the right form. */
  readonly example: unknown;
  readonly isRequired: boolean;
}

/** Every question, in the order of a form. */
export const FACTS_FIELDS: readonly FactsField[] = [
  must('exhibitNumber', 'the exhibit number', 'TRP-2026-0417/1'),
  must('caseNumber', 'the case number', 'TRP-2026-0417'),
  may('parentExhibitNumber', 'the number of the exhibit this one comes from', 'TRP-2026-0417/0'),
  may('role', 'whether it is the original, a working copy or derived', 'original'),
  must('source.type', 'the kind of source (phone, disk, cloud account …)', 'mobile phone'),
  may('source.make', 'the make', 'Samsung'),
  may('source.model', 'the model', 'SM-A546B'),
  may('source.colour', 'the colour', 'black'),
  may('source.serialNumber', 'the serial number', 'R58W30ABCDE'),
  may('source.imei', 'the IMEI numbers', ['350000000000006']),
  may('source.iccid', 'the ICCID numbers of the SIM cards', ['8921800000000000006']),
  may('source.macAddress', 'the MAC addresses', ['00:00:5e:00:53:01']),
  may('source.cloudAccount', 'the cloud account', 'user@example.org'),
  may('source.description', 'the description of the source', 'Cracked at the upper left corner.'),
  may('source.power', 'whether it was on when found', 'on'),
  may('source.lock', 'whether it was locked when found', 'locked'),
  may('source.network', 'whether it was connected when found', 'isolated'),
  must('seizure.at', 'the time of seizure, with the offset of its zone', '2026-11-20T14:03+02:00'),
  may('seizure.timeZone', 'the time zone of the place', 'Africa/Tripoli'),
  must('seizure.place', 'the place of seizure', 'Port of Tripoli, gate 3'),
  may('seizure.coordinates', 'the coordinates of the place', { latitude: 32.9, longitude: 13.19 }),
  must('seizure.officer', 'the name of the seizing officer', 'S. Haddad'),
  must('seizure.agency', 'the agency of the seizing officer', 'Border Investigation Department'),
  may('seizure.witness', 'the witness', 'L. Conti'),
  may('seizure.personAffected', 'the pseudonymous reference of the person affected', 'P-17'),
  may('seizure.accessCode', 'whether an access code was given, and under compulsion', {
    given: 'yes',
    compelled: 'no',
  }),
  may('seizure.failedUnlockAttempts', 'the number of failed attempts to unlock', 0),
  must('legalBasis.instrument', 'the legal instrument', 'Search warrant'),
  may('legalBasis.number', 'the number of the instrument', 'W-2026-318'),
  must('legalBasis.authority', 'the authority that issued the instrument', 'Investigating judge, Tripoli'),
  may('legalBasis.validatingAuthority', 'the authority that validated the instrument', 'Public prosecutor'),
  must('legalBasis.offence', 'the offence under investigation', 'Smuggling of migrants'),
  must('legalBasis.dataCategory', 'the category of data', 'content of communications'),
  may('legalBasis.period', 'the period the data is of', '2026-09-01 to 2026-11-20'),
  must('legalBasis.necessity', 'why it is necessary and proportionate', 'The messages name the organisers.'),
  may('legalBasis.emergencyReasons', 'the reasons for an emergency', 'A boat was at sea.'),
  may('legalBasis.priorReview', 'the reference of the prior review', 'Order 318 of 2026-11-19'),
  must('acquisition.method', 'the method of acquisition', 'logical extraction'),
  must('acquisition.tool', 'the tool of acquisition', 'UFED'),
  must('acquisition.toolVersion', 'the version of the tool (or "unknown")', '7.69'),
  may('acquisition.toolArguments', 'the arguments of the tool', '--advanced'),
  may('acquisition.operator', 'the operator of the tool', 'N. Farouk'),
  must('acquisition.startedAt', 'the start of acquisition (or "unknown")', '2026-11-20T16:10+02:00'),
  must('acquisition.endedAt', 'the end of acquisition (or "unknown")', '2026-11-20T17:45+02:00'),
  may('acquisition.place', 'the place of acquisition', 'Laboratory 2'),
  may('acquisition.writeBlocker', 'the write blocker', 'T356789iu'),
  may('acquisition.readErrors', 'the read errors', 'none'),
  may('acquisition.format', 'the format of the result', 'UFDR'),
  may('acquisition.segments', 'the number of segments', 1),
  may('acquisition.sourceSizeBytes', 'the size of the source in bytes', 128000000000),
  may('flags', 'what asks for special protection', ['minor', 'victim']),
  may('retention.class', 'the retention class', 'serious crime'),
  may('retention.reviewAt', 'the day of the review of retention', '2027-11-20'),
  may('remarks', 'the remarks', 'The owner was present.'),
];

function must(path: string, name: string, example: unknown): FactsField {
  return { path, name, example, isRequired: true };
}

function may(path: string, name: string, example: unknown): FactsField {
  return { path, name, example, isRequired: false };
}
