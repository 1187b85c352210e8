import type { Command } from 'commander';
import { ownAgencyKeys } from '#client/profile';
import {
  AgreementWord,
  layDown,
  parseStrictJson,
  signAgreementWord,
  signerOf,
  signLaidDown,
  verifyAgreement,
} from '#domain/manifest';
import { findAgreement } from '../agreement-file.js';
import { confirm } from '../node/confirm.js';
import { freshProfile } from '../refresh.js';
import type { CommonOptions, Session } from '../session.js';
import { agreementInWords, tellAgreement } from '../shown-agreement.js';
import { UsageError } from '../usage-error.js';
import { type Runtime, addCommand } from './runtime.js';

interface SignOptions extends CommonOptions {
  readonly digest?: string;
  readonly yes?: boolean;
}

const ABOUT = {
  suspend: "suspend your agency's part: nothing flows to or from it, at once",
  resume: "take your agency's suspended part up again",
  end: "end your agency's part for good; between others the agreement goes on",
} as const;

/** What binds an agency: its signature on a text, and its word on what it signed. Both with the agency's own key. */
export function addAgreementWords(agreement: Command, runtime: Runtime): void {
  addCommand(agreement, 'sign <agreement>', "sign the text on the table with your agency's key, as its administrator", [
    'agreement sign "JIT Route 7"',
    'agreement sign 3f1d… --digest 9c1b…',
  ])
    .option('--digest <sha256>', 'the digest of the text that was compared with the other parties')
    .option('--yes', 'do not ask: text and keys were compared with the other parties')
    .action((wanted: string, options: SignOptions) =>
      runtime.run(options, (session) => sign(session, wanted, options)),
    );
  for (const act of ['suspend', 'resume', 'end'] as const)
    addCommand(agreement, `${act} <agreement>`, ABOUT[act], [
      `agreement ${act} "JIT Route 7" --reason "Decision of the prosecutor general of 3 March"`,
    ])
      .requiredOption('--reason <text>', 'why; every party reads it')
      .action((wanted: string, options: CommonOptions & { reason: string }) =>
        runtime.run(options, (session) => say(session, wanted, act, options.reason)),
      );
}

/**
 * The keys that a text lists are those its parties will be wrapped to: the own ones must be the agency's, and the others are compared with
 * the parties, by the digest of the whole text.
 */
async function sign(session: Session, wanted: string, options: SignOptions): Promise<void> {
  const profile = await freshProfile(session);
  const { output } = session;
  const { agreements } = session.api();
  const detail = await findAgreement(session.api(), wanted);
  if (detail.draft === null) throw new UsageError(`"${detail.title}" has no text on the table to be signed`);
  const { payload, payloadSha256 } = detail.draft;
  const bytes = Buffer.from(payload, 'base64');
  const laid = layDown(parseStrictJson(bytes));
  if (laid.payloadSha256 !== payloadSha256 || laid.agreement.agreementId !== detail.id)
    throw new UsageError('the platform shows another text than the one to be signed');
  const own = await ownAgencyKeys(profile);
  const listed = laid.agreement.parties.find(({ agencyId }) => agencyId === own.agencyId);
  if (listed?.signingKey.x !== own.signingKey.x || listed.recipient !== own.recipient)
    throw new UsageError(`the text lists other keys of ${own.name} than its own`);
  if (options.digest !== undefined && options.digest.toLowerCase() !== payloadSha256)
    throw new UsageError(`the text on the table has the digest ${payloadSha256}, not ${options.digest}`);
  if (options.digest === undefined) {
    output.note(await agreementInWords(output, detail));
    const hint = `compare the digest ${payloadSha256} and the keys with the other parties, then give --digest or --yes`;
    if (options.yes !== true)
      await confirm('Is this the text, and are these the keys, that the parties agreed on?', hint);
  }
  const { signingKey } = await session.agencyKeys();
  const signature = await signLaidDown(bytes, await signerOf(signingKey));
  await tellAgreement(output, await agreements.sign(detail.id, signature));
  await freshProfile(session);
}

async function say(session: Session, wanted: string, act: AgreementWord['act'], reason: string): Promise<void> {
  const { agency } = await freshProfile(session);
  const detail = await findAgreement(session.api(), wanted);
  if (detail.payloadSha256 === null) throw new UsageError(`"${detail.title}" is not in force`);
  const { payloadSha256 } = await verifyAgreement(detail.instrument);
  const word = AgreementWord.parse({
    schema: 'amana-agreement-word/v1',
    agreementId: detail.id,
    agreementSha256: payloadSha256,
    agencyId: agency.id,
    act,
    reason,
    at: new Date().toISOString(),
    previous: detail.parties.find(({ agencyId }) => agencyId === agency.id)?.wordSha256 ?? null,
  });
  const { signingKey } = await session.agencyKeys();
  const signed = await signAgreementWord(word, await signerOf(signingKey));
  await tellAgreement(session.output, await session.api().agreements.say(detail.id, act, signed));
}
