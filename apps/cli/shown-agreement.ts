import type { AgreementDetail } from '#domain/contract';
import { type Agreement, layDown, parseStrictJson, readAgreement, thumbprintOf } from '#domain/manifest';
import type { Output } from './output.js';

/** Tells how an agreement stands, as the result of a command. */
export async function tellAgreement(output: Output, detail: AgreementDetail): Promise<void> {
  const words = await agreementInWords(output, detail);
  output.result(detail, () => words);
}

/** How an agreement stands, in words: its state, the text, each party with its key, and who has signed. */
export async function agreementInWords(output: Output, detail: AgreementDetail): Promise<string> {
  const { draft, state, payloadSha256, id } = detail;
  const text = textOf(detail);
  const fields = output.fields({
    agreement: text.title,
    id,
    state,
    text: draft === null ? `version ${text.version ?? 1}, in force` : onTheTable(draft.revision, draft.predecessor),
    digest: draft === null ? payloadSha256 : draft.payloadSha256,
    team: text.teamName,
    basis: text.basis,
    purposes: text.purposes.join('; '),
    from: text.validFrom,
    until: text.validUntil,
    'third states': text.thirdStates?.join(', ') || null,
    clauses: text.clauses.map(({ number }) => number).join(', '),
  });
  const rows = await Promise.all(
    text.parties.map(async ({ agencyId, state: of, name, signingKey }) => {
      const party = detail.parties.find((one) => one.agencyId === agencyId);
      const signed = draft === null || draft.signedBy.includes(agencyId) ? 'yes' : 'no';
      return [of, name, signed, party?.stance ?? '-', await thumbprintOf(signingKey), party?.reason ?? null];
    }),
  );
  return `${fields}\n\n${output.table(['state', 'party', 'signed', 'stands', 'signing key', 'reason'], rows)}`;
}

function onTheTable(revision: number, predecessor: string | null): string {
  return predecessor === null
    ? `revision ${revision}, on the table`
    : `revision ${revision}, on the table, an amendment`;
}

/** The text on the table, else the one in force. */
function textOf({ draft, instrument }: AgreementDetail): Agreement {
  if (draft === null) return readAgreement(instrument).statement;
  return layDown(parseStrictJson(Buffer.from(draft.payload, 'base64'))).agreement;
}
