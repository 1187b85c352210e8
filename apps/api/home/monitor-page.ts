import type { LogStanding, StampStanding, WitnessStanding } from '#server/custody';
import { escaped, STYLE } from './home-page.js';

/** How the custody log stands, for anyone to see: nothing of any case. */
export function monitorPage(standing: LogStanding): string {
  const { origin, size, root, publishedAt, witnessedSize, quorum, witnesses, stamped, scrubs } = standing;
  const rows: [string, string][] = [
    ['Log', origin ?? 'no head is published yet'],
    ['Entries', String(size)],
    ['Root', root ?? ''],
    ['Published', publishedAt ?? ''],
    ['Witnessed', quorum === null ? 'no witnesses' : `${witnessedSize} entries, by a quorum of ${quorum}`],
    ...witnesses.map((witness): [string, string] => [witness.name, wordsOf(witness)]),
    ['Time attested', stamped === null ? 'no head is stamped' : stampWords(stamped)],
    ...scrubs.map(({ part, endedAt, checked, faults }): [string, string] => [
      `All ${part} read again`,
      `${endedAt.toISOString()}: ${checked} ${part === 'log' ? 'entries' : 'files'}, ${faults} wrong`,
    ]),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Amana: how the record stands</title><style>${STYLE}</style></head>
<body><main>
<h1>How the record stands</h1>
<p>Check it yourself: the <a href="log/checkpoint">checkpoint</a> as it is signed and cosigned, and <a href="log/monitor">this page for programs</a>.</p>
<dl>
${rows.map(([term, words]) => `<dt>${escaped(term)}</dt><dd><code>${escaped(words)}</code></dd>`).join('\n')}
</dl>
</main></body></html>
`;
}

function stampWords({ size, behind, at, ageSeconds, authority }: StampStanding): string {
  const since = behind === 0 ? 'nothing published since' : `${behind} entries published since`;
  return `${size} entries at ${at}, ${ageSeconds} s ago, by ${authority}; ${since}`;
}

function wordsOf({ size, behind, seenAt, fault, conflict }: WitnessStanding): string {
  const state = behind === 0 ? 'up to date' : `${behind} entries behind`;
  const trouble = [fault, conflict && 'it holds a head that contradicts this log'].filter((words) => words !== null);
  return [`${state}, at ${size}`, seenAt === null ? 'never heard of' : `last heard of ${seenAt}`, ...trouble].join(
    '; ',
  );
}
